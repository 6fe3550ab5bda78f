import Testing
import TransparencyLog

@testable import Auditing

struct AuditReportTests {
    /// What a finding quotes of a file is cut: a line may have a mebibyte.
    @Test func findingsAreBounded() {
        var report = AuditReport(name: "x", logID: "y", dialect: .jcs)
        report.add(Finding(.headMalformed, expected: String(repeating: "é", count: 1_001), found: "short"))
        #expect(report.findings.first?.expected.utf8.count == 2_003 && report.findings.first?.found == "short")
    }
}
