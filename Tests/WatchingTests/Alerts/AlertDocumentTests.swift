import Foundation
import Testing

@testable import Watching

struct AlertDocumentTests {
    private static let marks = (begin: "<!-- kinds -->\n", end: "<!-- end of kinds -->")

    /// The table in docs/ALERTS.md is what the kinds say. `NEXO_WRITE_DOCS=1 swift test --filter AlertDocumentTests`
    /// writes it.
    @Test func theTableIsMadeFromTheKinds() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/ALERTS.md")
        var text = try String(contentsOf: file, encoding: .utf8)
        let begin = try #require(text.range(of: Self.marks.begin)?.upperBound)
        let end = try #require(text.range(of: Self.marks.end)?.lowerBound)
        if ProcessInfo.processInfo.environment["NEXO_WRITE_DOCS"] == "1" {
            text.replaceSubrange(begin..<end, with: AlertKind.table)
            try Data(text.utf8).write(to: file)
        } else {
            #expect(text[begin..<end] == AlertKind.table)
        }
    }

    @Test func everyKindHasItsRawValueBack() {
        for kind in AlertKind.allCases { #expect(AlertKind(rawValue: kind.rawValue) == kind) }
        #expect(Set(AlertKind.allCases.map(\.rawValue)).count == AlertKind.allCases.count)
        #expect(!AlertKind.allCases.contains { $0.documentation.contains("|") })
        #expect(AlertKind(rawValue: "nothing") == nil)
    }
}
