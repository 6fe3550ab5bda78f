import Foundation
import HostileLog
import Testing

@testable import Watching

/// docs/CONFIG.md against the program: the keys of each place, their defaults and their bounds.
struct ConfigurationDocumentTests {
    /// A mapping of the file, by the heading that its table stands under.
    struct Place: CustomStringConvertible {
        let heading: String
        /// Members that it cannot be without.
        var needed = ""
        /// Puts members into a file that has all else.
        let file: @Sendable (String) -> String

        var description: String { heading }
    }

    private static let logs = #"logs: [{name: a, url: "http://127.0.0.1/", trust: t.json}]"# + "\n"
    private static let hook = #"name: a, webhook: {url: "http://127.0.0.1/"}"#

    static let places: [Place] = [
        Place(heading: "The file") { logs + $0 + "\n" },
        Place(heading: "logs", needed: #"name: a, url: "http://127.0.0.1/", trust: t.json"#) { "logs: [{\($0)}]\n" },
        Place(
            heading: "logs.frozen", needed: "tree_size: 0, root: \(String(repeating: "A", count: 43))="
        ) { #"logs: [{name: a, url: "http://127.0.0.1/", trust: t.json, frozen: {\#($0)}}]"# },
        Place(heading: "vantages", needed: "name: a") { logs + "vantages: [{\($0)}]" },
        Place(heading: "gossip") { logs + "gossip: {\($0)}" },
        Place(heading: "gossip.peers", needed: #"name: a, url: "http://127.0.0.1/""#) {
            logs + "gossip: {peers: [{\($0)}]}"
        },
        Place(heading: "gossip.limits") { logs + "gossip: {limits: {\($0)}}" },
        Place(heading: "limits") { logs + "limits: {\($0)}" },
        Place(heading: "retention") { logs + "retention: {\($0)}" },
        Place(heading: "status") { logs + "status: {\($0)}" },
        Place(heading: "alerts") { logs + "alerts: {\($0)}" },
        Place(heading: "alerts.sinks", needed: hook) { logs + "alerts: {sinks: [{\($0)}]}" },
        Place(heading: "alerts.sinks.webhook", needed: #"url: "http://127.0.0.1/""#) {
            logs + "alerts: {sinks: [{name: a, webhook: {\($0)}}]}"
        },
        Place(heading: "alerts.sinks.alertmanager", needed: #"url: "http://127.0.0.1/""#) {
            logs + "alerts: {sinks: [{name: a, alertmanager: {\($0)}}]}"
        },
        Place(heading: "alerts.sinks.email", needed: #"smtp: "smtp://127.0.0.1", from: a@b, to: [a@b]"#) {
            logs + "alerts: {sinks: [{name: a, email: {\($0)}}]}"
        },
        Place(heading: "alerts.sinks.command", needed: "run: [a]") {
            logs + "alerts: {sinks: [{name: a, command: {\($0)}}]}"
        },
        Place(heading: "alerts.heartbeat", needed: #"url: "http://127.0.0.1/""#) {
            logs + "alerts: {heartbeat: {\($0)}}"
        },
    ]

    /// Rows of the table below a heading: key and default.
    private static func rows(_ heading: String) throws -> [(key: String, standard: String)] {
        let text = try RepositoryFile.text("docs/CONFIG.md")
        let part = try #require(
            text.components(separatedBy: "\n#").first { $0.drop { $0 == "#" }.hasPrefix(" \(heading)\n") },
            "docs/CONFIG.md has no heading \(heading)")
        return part.matches(of: /(?m)^\| `([a-z_]+)` \| (.*?) \|/).map { (String($0.1), String($0.2)) }
    }

    private static func parse(_ text: String) throws -> WatchConfiguration {
        try ConfigurationFile.parse(text, folder: URL(fileURLWithPath: "/tmp"))
    }

    /// As the file takes it; nil where the document says no value.
    private static func value(_ standard: String) -> String? {
        if let size = standard.firstMatch(of: /^([0-9]+) (K|M)iB$/), let count = Int(size.1) {
            return String(count << (size.2 == "K" ? 10 : 20))
        }
        if standard.wholeMatch(of: /[0-9]+/) != nil { return standard }
        return standard.wholeMatch(of: /`([^` ]+)`/).map { String($0.1) }
    }

    private static func isCounted(_ value: String) -> Bool { value.wholeMatch(of: /[0-9]+(ms|s|m|h|d)?/) != nil }

    @Test(arguments: places)
    func theKeysAreThoseOfTheProgram(place: Place) throws {
        let error = try #require(throws: ConfigurationFile.Invalid.self) {
            try Self.parse(place.file("unknown: 1"))
        }
        let known = try #require(error.description.components(separatedBy: "known are ").last)
        let documented = try Self.rows(place.heading).map(\.key)
        #expect(documented.sorted() == known.components(separatedBy: ", "))
    }

    /// Written out, a default changes nothing; 0 in its place is refused.
    @Test(arguments: places)
    func theDefaultsAreThoseOfTheProgram(place: Place) throws {
        let plain = try Self.parse(place.file(place.needed))
        for row in try Self.rows(place.heading) {
            guard let value = Self.value(row.standard) else { continue }
            let before = place.needed.isEmpty ? "" : place.needed + ", "
            let written = try Self.parse(place.file("\(before)\(row.key): \(value)"))
            #expect(written == plain, "\(place).\(row.key): \(value)")
            guard Self.isCounted(value) else { continue }
            let nothing = "0" + value.drop { $0.isNumber }
            #expect(throws: ConfigurationFile.Invalid.self, "\(place).\(row.key): \(nothing)") {
                try Self.parse(place.file("\(before)\(row.key): \(nothing)"))
            }
        }
    }

    /// Enough of them are values, so that the test above is none of nothing.
    @Test func mostDefaultsAreValues() throws {
        let rows = try Self.places.flatMap { try Self.rows($0.heading) }
        #expect(rows.filter { Self.value($0.standard) != nil }.count > 50)
    }

    /// Every mapping that the reader knows has its place above.
    @Test func noKeyOfTheReaderIsLeftOut() throws {
        let folder = RepositoryFile.root.appending(path: "Sources/Watching/Configuration")
        let documented = Set(try Self.places.flatMap { try Self.rows($0.heading).map(\.key) })
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasPrefix("ConfigurationFile") {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for mapping in source.matches(of: /try Fields\([^\[]*\[([^\]]*)\]/) {
                for key in mapping.1.matches(of: /"([a-z_]+)"/) {
                    count += 1
                    #expect(documented.contains(String(key.1)), "\(key.1) of \(name)")
                }
            }
        }
        #expect(count > 100)
    }

    /// What documents show of the file can be read.
    @Test(arguments: ["docs/CONFIG.md", "docs/ALERTS.md", "docs/GOSSIP.md", "docs/STATUS.md"])
    func examplesCanBeRead(document: String) throws {
        var count = 0
        var block: [Substring] = []
        for line in try RepositoryFile.text(document).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("    ") {
                block.append(line.dropFirst(4))
                continue
            }
            let text = block.joined(separator: "\n") + "\n"
            block = []
            guard text.firstMatch(of: /^(listen|logs|alerts|gossip|status|limits):/) != nil else { continue }
            count += 1
            #expect(throws: Never.self, "\(text)") {
                try Self.parse(text.contains("logs:") ? text : Self.logs + text)
            }
        }
        #expect(count > 0)
    }
}
