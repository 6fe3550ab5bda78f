import Foundation
import HostileLog
import Testing

/// docs/CASES.md names the tests of each case; all of them must be there.
struct CaseListTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// The text of each file of tests, by its name.
    private static func files() throws -> [String: String] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        return try Dictionary(
            paths.map {
                let file = folder.appending(path: $0)
                return (file.deletingPathExtension().lastPathComponent, try String(contentsOf: file, encoding: .utf8))
            }
        ) { first, _ in first }
    }

    /// Whether a function has the macro before it, and behind the function before: a helper is no test.
    private static func isTest(_ name: String, in text: String) -> Bool {
        guard let place = text.range(of: "func \(name)(") else { return false }
        let before = text[..<place.lowerBound]
        return before[(before.range(of: "func ", options: .backwards)?.upperBound ?? before.startIndex)...]
            .contains("@Test")
    }

    @Test func everyCaseHasItsTests() throws {
        let document = try String(
            contentsOf: Self.folder.deletingLastPathComponent().appending(path: "docs/CASES.md"), encoding: .utf8)
        let files = try Self.files()
        var cases: [Substring] = []
        for row in document.matches(of: /\| (C\d+) \|([^|]*)\|([^|]*)\|/) {
            cases.append(row.1)
            let tests = row.3.matches(of: /`(\w+)\.(\w+)`/)
            #expect(!tests.isEmpty, "\(row.1)")
            for test in tests {
                let text = try #require(files[String(test.1)], "\(test.1)")
                #expect(Self.isTest(String(test.2), in: text), "\(test.1).\(test.2)")
                #expect(text.contains(try Regex("\\b\(row.1)\\b")), "\(row.1) in \(test.1)")
            }
        }
        #expect(cases == (1...18).map { "C\($0)" })
    }
}
