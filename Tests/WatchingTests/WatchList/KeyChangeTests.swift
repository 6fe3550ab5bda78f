import Foundation
import GRDB
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// C17 through real HTTP and SQLite: every poll is by a watcher that was just started.
struct KeyChangeTests {
    private static func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    private static func text(_ byte: UInt8) -> String { Base64.encode(key(byte)) }

    private static func poll(
        _ harness: WatchHarness, _ log: TestLog, watch: [String], limit: Int = 1_000, leaves: String? = nil
    ) async throws -> LogReport {
        var configuration = try harness.configuration([("log", log.trust(), "")])
        configuration.limits.watchedIDs = limit
        configuration.logs[0].watch = watch
        if let leaves { configuration.logs[0].leaves = leaves }
        return try #require(try await harness.poll(configuration, now: 1_700_009_000).first)
    }

    private static func add(_ log: inout TestLog, _ registrations: [(String, UInt8)]) throws {
        for (id, key) in registrations { log.register(id, key: Self.key(key)) }
        try log.publish()
    }

    private static func watched(_ harness: WatchHarness) -> [Double] { harness.samples("nexo_watch_watched_ids") }

    /// What is there at first is where the watch begins; another key and a first key are told, once; the same key is nothing.
    @Test func aKeyThatChanges() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            try Self.add(&log, [("alice@x", 1), ("bob@y", 1), ("alice@x", 2)])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let watch = ["alice@x", "*@y", "nobody@z"]
            let first = try await Self.poll(harness, log, watch: watch)
            #expect(first.rules.isEmpty && first.verifiedSize == 5 && Self.watched(harness) == [2])
            // The key that is known, and ids that nobody watches.
            try Self.add(&log, [("alice@x", 2), ("carol@z", 1), ("user0@test", 9)])
            server.answer(log.script())
            #expect(try await Self.poll(harness, log, watch: watch).rules.isEmpty)
            try Self.add(&log, [("alice@x", 3), ("eve@y", 4), ("alice@x", 3)])
            server.answer(log.script())
            let report = try await Self.poll(harness, log, watch: watch)
            #expect(report.rules == [.keyChanged, .keyChanged] && report.exitCode == 0 && Self.watched(harness) == [3])
            let changed = try #require(report.findings.first)
            #expect(changed.finding.severity == .warning && changed.finding.treeSize == 9)
            #expect(changed.finding.expected == "key \(Self.text(2)) of size 5")
            #expect(changed.finding.found == "key \(Self.text(3)) of size 9, id \"alice@x\"")
            let subject = log.registrations[8].leafHash.bytes
            #expect(changed.fingerprint == StoredFinding(changed.finding, subject: subject, at: 0).fingerprint)
            #expect(report.findings[1].finding.expected == "no key before")
            #expect(report.findings[1].finding.found == "key \(Self.text(4)) of size 10, id \"eve@y\"")
            // Told once, over restarts, and also while nothing or something else happens.
            _ = try await Self.poll(harness, log, watch: watch)
            try Self.add(&log, [("dave@z", 1)])
            server.answer(log.script())
            #expect(try await Self.poll(harness, log, watch: watch).findings.count == 2)
            #expect(try harness.alerts(.keyChanged).count == 2)
            #expect(
                harness.registry.render().contains("nexo_watch_findings_total{log=\"log\",rule=\"key-changed\"} 2\n"))
            // A key that returns is another than the last.
            try Self.add(&log, [("alice@x", 2)])
            server.answer(log.script())
            let last = try await Self.poll(harness, log, watch: watch).findings.last?.finding
            #expect(last?.expected == "key \(Self.text(3)) of size 9" && last?.treeSize == 13)
            let check = try await StoreChecker(path: harness.store, trust: [try log.trust()], jobs: 1).check()
            #expect(check.problems == [])
        }
    }

    /// Ids are compared as bytes: `é` in one code point is another id than in two.
    @Test func idsAreBytes() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["caf\u{E9}"])
            try Self.add(&log, [("cafe\u{301}", 1)])
            server.answer(log.script())
            #expect(try await Self.poll(harness, log, watch: ["caf\u{E9}"]).rules.isEmpty)
            try Self.add(&log, [("caf\u{E9}", 1)])
            server.answer(log.script())
            #expect(try await Self.poll(harness, log, watch: ["caf\u{E9}"]).rules == [.keyChanged])
        }
    }

    /// Registrations that no signed root vouches for, lacking or wrong, say nothing; with it, they are told.
    @Test func onlyWhatIsVouchedFor() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            try Self.add(&log, [("alice@x", 1)])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["alice@x"])
            let early = log
            try Self.add(&log, [("bob@x", 1)])
            try Self.add(&log, [("alice@x", 2)])
            // The file is ahead of the heads.
            let (ahead, behind) = (log.script(), early.script())
            server.answer { $0.path == "/users.jsonl" ? ahead($0) : behind($0) }
            #expect(try await Self.poll(harness, log, watch: ["alice@x"]).rules.isEmpty)
            // Another key in the file than the one that was signed.
            var leaves = log.leafLines
            leaves[4] = leaves[4].replacing(Self.text(2), with: Self.text(3))
            server.answer(log.script(leaves: leaves))
            let wrong = try await Self.poll(harness, log, watch: ["alice@x"])
            #expect(Set(wrong.rules) == [.leafHashMismatch, .rootMismatch] && wrong.verifiedSize == 4)
            server.answer(log.script())
            let report = try await Self.poll(harness, log, watch: ["alice@x"])
            let told = report.findings.filter { $0.finding.rule == .keyChanged }
            #expect(told.map(\.finding.treeSize) == [5] && report.verifiedSize == 5)
            #expect(told.first?.finding.found.contains(Self.text(2)) == true)
        }
    }

    /// C4: keys, leaves and findings are one transaction. Where it fails, nothing is told and nothing is skipped.
    @Test func aStepThatFails() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            try Self.add(&log, [("alice@x", 1)])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["alice@x"])
            try Self.add(&log, [("alice@x", 2)])
            server.answer(log.script())
            func execute(_ sql: String) async throws {
                try await DatabaseQueue(path: harness.store).write { try $0.execute(sql: sql) }
            }
            for table in ["watched_keys", "findings"] {
                try await execute(
                    "CREATE TRIGGER fails BEFORE INSERT ON \(table) BEGIN SELECT RAISE(ABORT, 'full'); END")
                let failed = try await Self.poll(harness, log, watch: ["alice@x"])
                #expect(failed.failure?.contains("full") == true && failed.verifiedSize == 2)
                #expect(try failed.rules.isEmpty && harness.alerts(.keyChanged).isEmpty)
                try await execute("DROP TRIGGER fails")
            }
            #expect(try await Self.poll(harness, log, watch: ["alice@x"]).rules == [.keyChanged])
            #expect(try harness.alerts(.keyChanged).count == 1)
        }
    }

    /// A first read in several parts, of which the last come later, is one beginning; and it ends where it was to end.
    @Test func aFirstReadThatIsCutShort() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1_100)
            try Self.add(&log, [("alice@x", 1)])
            try Self.add(&log, [("alice@x", 2)])
            server.answer(log.script(leaves: Array(log.leafLines.prefix(1_101))))
            let harness = try WatchHarness(url: url)
            let first = try await Self.poll(harness, log, watch: ["*"], limit: 5_000)
            #expect(first.verifiedSize == 1_101 && first.rules == [.leavesMissing])
            try Self.add(&log, [("alice@x", 3)])
            server.answer(log.script())
            let report = try await Self.poll(harness, log, watch: ["*"], limit: 5_000)
            let told = report.findings.filter { $0.finding.rule == .keyChanged }
            #expect(told.map(\.finding.treeSize) == [1_103] && Self.watched(harness) == [1_101])
            #expect(told.first?.finding.expected == "key \(Self.text(2)) of size 1102")
        }
    }

    /// A log that was empty before has no keys to begin with: the first one is told.
    @Test func aLogThatWasEmpty() async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            try log.publish()
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["alice@x"])
            try Self.add(&log, [("alice@x", 1)])
            server.answer(log.script())
            #expect(try await Self.poll(harness, log, watch: ["alice@x"]).rules == [.keyChanged])
        }
    }

    /// More ids than there are places: told once, counted, and those that have a place keep it.
    @Test func moreIDsThanPlaces() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let watch = ["*@test", "alice@x"]
            let first = try await Self.poll(harness, log, watch: watch, limit: 4)
            #expect(first.rules == [.keyChanged] && Self.watched(harness) == [3])
            #expect(first.findings.first?.finding.expected == "at most 4 watched ids (limits.watched_ids)")
            #expect(harness.samples("nexo_watch_unfollowed_registrations_total") == [2])
            try Self.add(&log, [("more@test", 1), ("user4@test", 9), ("user0@test", 9), ("alice@x", 1)])
            server.answer(log.script())
            let second = try await Self.poll(harness, log, watch: watch, limit: 4)
            #expect(second.findings.dropFirst().map(\.finding.treeSize) == [8, 9] && Self.watched(harness) == [4])
            #expect(harness.samples("nexo_watch_unfollowed_registrations_total") == [4])
            // With more places the others are followed from then on.
            try Self.add(&log, [("user4@test", 10)])
            server.answer(log.script())
            let third = try await Self.poll(harness, log, watch: watch, limit: 10)
            #expect(third.findings.dropFirst(3).map(\.finding.expected) == ["key \(Self.text(9)) of size 7"])
            #expect(Self.watched(harness) == [7] && third.failure == nil)
        }
    }

    /// A flood is told with its count, and the last key is the one that is known.
    @Test func aFlood() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["a"])
            try Self.add(&log, (0..<230).map { ("a", UInt8($0)) })
            server.answer(log.script())
            #expect(try await Self.poll(harness, log, watch: ["a"]).findings.count == 100)
            let alert = try #require(try await SQLiteStore(path: harness.store).openAlerts().first)
            #expect(alert.kind == .rule(.keyChanged) && alert.findings == 100 && alert.unstored == 130)
            try Self.add(&log, [("a", 250)])
            server.answer(log.script())
            let last = try await Self.poll(harness, log, watch: ["a"]).findings.last?.finding
            #expect(last?.expected == "key \(Self.text(229)) of size 231")
        }
    }

    /// An entry that is added later begins with the keys that were registered before, read from the source anew.
    @Test(arguments: [true, false])
    func aListThatGrows(isPath: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(300)
            try Self.add(&log, [("alice@x", 1), ("bob@x", 1), ("bob@x", 2)])
            let harness = try WatchHarness(url: url)
            func publish() throws -> String? {
                server.answer(log.script())
                let text = log.leafLines.map { $0 + "\n" }.joined()
                return isPath ? try harness.folder.write(text, to: "users.jsonl") : nil
            }
            for watch in [[], ["alice@x"], ["alice@x", "bob@x"], ["bob@x"]] {
                try Self.add(&log, [("dave\(watch.count)@x", 1)])
                let report = try await Self.poll(harness, log, watch: watch, leaves: publish())
                #expect(report.rules.isEmpty && report.failure == nil)
                #expect(report.verifiedSize == UInt64(log.registrations.count))
                #expect(Self.watched(harness) == [Double(watch.count)])
            }
            // A list that is new together with a change behind what is known.
            try Self.add(&log, [("bob@x", 3), ("alice@x", 2)])
            let report = try await Self.poll(harness, log, watch: ["*@x"], leaves: publish())
            #expect(
                report.findings.map(\.finding.expected) == [
                    "key \(Self.text(2)) of size 303", "key \(Self.text(1)) of size 301",
                ])
            #expect(try await Self.poll(harness, log, watch: ["*@x"], leaves: publish()).findings.count == 2)
        }
    }

    /// Hashes carry no names: that is said, nothing is told, and later the names are read anew.
    @Test func tilesHaveNoNames() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["*"])
            #expect(!harness.lines.withLock { $0 }.contains { $0.contains("the watch-list is not watched") })
            try Self.add(&log, [("user0@test", 1)])
            server.answer(log.script())
            let tiled = try await Self.poll(harness, log, watch: ["*"], leaves: WatchConfiguration.Log.tiles)
            #expect(tiled.rules.isEmpty && tiled.verifiedSize == 4)
            #expect(
                harness.lines.withLock { $0 }.contains {
                    $0.contains("the watch-list is not watched: names stand in users.jsonl alone")
                })
            try Self.add(&log, [("user0@test", 2)])
            server.answer(log.script())
            let report = try await Self.poll(harness, log, watch: ["*"])
            #expect(report.findings.map(\.finding.expected) == ["key \(Self.text(1)) of size 4"])
        }
    }

    /// A name that is long or hostile hides no key, and breaks no line.
    @Test func namesAreBounded() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await Self.poll(harness, log, watch: ["*"])
            try Self.add(&log, [("\"\n\u{202E}" + String(repeating: "x", count: 100_000), 1)])
            server.answer(log.script())
            let found = try #require(try await Self.poll(harness, log, watch: ["*"]).findings.first).finding.found
            #expect(found.hasPrefix("key \(Self.text(1)) of size 2, id \"\\\"\\n\\u{202e}xxx"))
            #expect(found.utf8.count < 1_200 && !found.contains("\n"))
        }
    }
}
