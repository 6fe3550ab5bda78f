import Foundation
import Testing

/// What the programs are built from: exact versions, and licences that somebody looked at.
struct SupplyTests {
    private struct Resolved: Decodable {
        struct Pin: Decodable {
            struct State: Decodable { var version: String? }
            var location: String
            var state: State

            var place: String { location.hasSuffix(".git") ? String(location.dropLast(4)) : location }
        }
        var pins: [Pin]
    }

    private static func text(_ path: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func pins() throws -> [String: String] {
        let pins = try JSONDecoder().decode(Resolved.self, from: Data(text("Package.resolved").utf8)).pins
        return Dictionary(uniqueKeysWithValues: pins.map { ($0.place, $0.state.version ?? "none") })
    }

    /// No branch, no range; and what is resolved is what Package.swift says.
    @Test func everyDependencyIsExact() throws {
        let manifest = try Self.text("Package.swift")
        let lines = manifest.split(separator: "\n").filter { $0.contains(".package(url:") }
        let pins = try Self.pins()
        #expect(lines.count > 5)
        for line in lines {
            let match = try #require(
                line.firstMatch(of: /\.package\(url: "([^"]+)", exact: "([^"]+)"\)/), "\(line) has no exact version")
            #expect(pins[String(match.1)] == String(match.2), "\(match.1)")
        }
    }

    /// docs/LICENSES.md lists every package that is resolved, with a licence, and nothing else.
    @Test func licencesOfAllPackages() throws {
        var listed: [String: String] = [:]
        for match in try Self.text("docs/LICENSES.md").matches(
            of: /\| \[[^\]]+\]\((https:[^)]+)\) \| ([0-9.]+) \| (Apache-2\.0|Apache-2\.0 WITH Swift-exception|MIT) \|/)
        {
            listed[String(match.1)] = String(match.2)
        }
        // What dependencies bring along may be resolved anew; it needs a new line where another package or licence comes.
        #expect(
            Set(listed.keys) == Set(try Self.pins().keys), "write it anew: scripts/sbom licences > docs/LICENSES.md")
    }
}
