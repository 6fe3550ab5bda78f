import Foundation
import HostileLog
import Testing

@testable import Watching

/// docs/RUNBOOK.md has an entry for everything that calls people, and none for what does not exist.
struct RunbookTests {
    private static let prometheus = "dashboards/alerts.yml"

    /// The entries below `### name`, by name, with the first words of their points.
    private static func entries() throws -> [String: Set<String>] {
        let text = try RepositoryFile.text("docs/RUNBOOK.md")
        var entries: [String: Set<String>] = [:]
        for part in text.components(separatedBy: "\n### ").dropFirst() {
            let lines = part.prefix { $0 != "#" }.split(separator: "\n")
            let name = String(lines[0])
            #expect(entries[name] == nil, "\(name) has two entries")
            entries[name] = Set(
                lines.dropFirst().compactMap { line in
                    line.firstMatch(of: /^- ([A-Z][a-z]+): \S.{3}/).map { String($0.1) }
                })
        }
        return entries
    }

    @Test func everyKindOfAlertHasItsEntry() throws {
        let entries = try Self.entries()
        for kind in AlertKind.allCases {
            #expect(entries[kind.rawValue] == ["Means", "Sure", "Do", "Keep"], "\(kind.rawValue)")
        }
        let kinds = Set(AlertKind.allCases.map(\.rawValue))
        let others = entries.keys.filter { !kinds.contains($0) }
        #expect(others.allSatisfy { $0.wholeMatch(of: /Nexo(Watch|Server)[A-Za-z]+/) != nil }, "\(others)")
    }

    /// The rules of Prometheus link to their entries.
    @Test(.enabled(if: RepositoryFile.exists(prometheus), "dashboards/alerts.yml is not there"))
    func everyRuleOfPrometheusHasItsEntry() throws {
        let rules = try RepositoryFile.text(Self.prometheus)
        let names = Set(rules.matches(of: /(?m)^\s*-?\s*alert:\s*(\w+)\s*$/).map { String($0.1) })
        #expect(!names.isEmpty)
        let entries = try Self.entries()
        for name in names { #expect(entries[name]?.isSuperset(of: ["Means", "Do"]) == true, "\(name)") }
        let others = Set(entries.keys).subtracting(names).subtracting(AlertKind.allCases.map(\.rawValue))
        #expect(others.isEmpty, "no rule has these names")
    }
}
