import Foundation
import Testing
import TransparencyLog

struct FindingsDocumentTests {
    /// docs/FINDINGS.md is what the rules say. `NEXO_WRITE_DOCS=1 swift test --filter FindingsDocumentTests` writes it.
    @Test func theFileIsMadeFromTheRules() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/FINDINGS.md")
        if ProcessInfo.processInfo.environment["NEXO_WRITE_DOCS"] == "1" {
            try Data(Rule.findingsDocument.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == Rule.findingsDocument)
    }

    @Test func everyRuleHasItsRow() {
        let rows = Rule.findingsDocument.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == Rule.allCases.count)
        #expect(rows.contains("| `chain-gap` | unchecked | 3 | \(Rule.chainGap.documentation) |"))
        #expect(!Rule.allCases.contains { $0.documentation.contains("|") })
    }
}
