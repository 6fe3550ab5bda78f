import Foundation
import Testing
import TransparencyLog

/// The mutants of scripts/mutate, which shows that a test fails for each of them; here only that they are still there.
struct MutationTests {
    private struct Mutation: Decodable {
        let id: String
        let rule: String?
        let file: String
        let find: String
        let replace: String
        let tests: String
    }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func read() throws -> [Mutation] {
        let folder = root.appending(path: "scripts/support/mutations")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().flatMap {
            try JSONDecoder().decode([Mutation].self, from: Data(contentsOf: folder.appending(path: $0)))
        }
    }

    /// The text that a mutant replaces stands in its file once, also beside the other mutants.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["NEXO_MUTANT"] == nil)) func everyMutantStillApplies() throws
    {
        var texts: [String: String] = [:]
        for mutation in try Self.read() {
            let original = try String(contentsOf: Self.root.appending(path: mutation.file), encoding: .utf8)
            let text = texts[mutation.file] ?? original
            #expect(original.ranges(of: mutation.find).count == 1, "\(mutation.id) in \(mutation.file)")
            #expect(text.ranges(of: mutation.find).count == 1, "\(mutation.id) beside the others")
            #expect(mutation.replace.contains("mutant"), "\(mutation.id) changes nothing")
            texts[mutation.file] = text.replacing(mutation.find, with: mutation.replace)
        }
    }

    @Test func everyRuleHasAMutant() throws {
        let mutations = try Self.read()
        let rules = Set(mutations.compactMap(\.rule))
        #expect(rules == Set(Rule.allCases.map(\.rawValue)))
        #expect(Set(mutations.map(\.id)).count == mutations.count)
    }
}
