import Foundation
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// Every number and duration of the file has a greatest value, and a watcher runs with all of these at once.
struct ConfigurationBoundsTests {
    enum Kind {
        case count, bytes, duration
        /// Of a tree.
        case size

        var greatest: String {
            switch self {
            case .count: "1000000000"
            case .bytes: "1099511627776"
            case .duration: "36500d"
            case .size: "18446744073709551615"
            }
        }

        /// The first that is refused.
        var refused: String {
            switch self {
            case .count: "1000000001"
            case .bytes: "1099511627777"
            case .duration: "36501d"
            case .size: "18446744073709551616"
            }
        }
    }

    struct Key: CustomStringConvertible {
        /// As `ConfigurationDocumentTests.places` has it.
        let place: String
        let name: String
        let kind: Kind

        var description: String { "\(place): \(name)" }
    }

    private static let table: [(place: String, kind: Kind, names: String)] = [
        ("The file", .duration, "interval"), ("logs", .duration, "max_head_age interval"),
        ("logs.frozen", .size, "tree_size"), ("gossip", .duration, "interval"),
        (
            "gossip.limits", .count,
            "evidence_per_round heard_heads conflicts checkpoints submission_heads submissions_per_minute submitters "
                + "heads_per_minute"
        ),
        ("gossip.limits", .bytes, "answer_bytes evidence_bytes submission_bytes"),
        ("gossip.limits", .duration, "timeout patience late_patience"),
        (
            "limits", .count,
            "chain_heads unvouched_leaves findings_per_poll evidence_per_poll fetches fetches_per_host polls "
                + "unsigned_heads evidence_leaves watched_ids"
        ),
        (
            "limits", .bytes,
            "chain_bytes leaves_bytes leaves_chunk head_bytes header_bytes low_speed catch_up_rate"
        ),
        ("limits", .duration, "timeout leaves_time leaves_recheck low_speed_time backoff_max clock_tolerance"),
        ("retention", .count, "checkpoint_every"), ("retention", .duration, "heads"),
        ("status", .count, "connections"), ("status", .duration, "request_timeout"),
        ("alerts", .count, "failing_polls failing_deliveries"),
        ("alerts", .duration, "group_interval retry_first retry_max once_timeout"),
        ("alerts.sinks", .duration, "timeout"), ("alerts.sinks.alertmanager", .duration, "resend"),
        ("alerts.sinks.command", .duration, "timeout"), ("alerts.heartbeat", .duration, "interval timeout"),
    ]

    static let keys: [Key] = table.flatMap { row in
        row.names.split(separator: " ").map { Key(place: row.place, name: String($0), kind: row.kind) }
    }

    @Test(arguments: keys) func greatestAndFirstRefused(key: Key) throws {
        let place = try #require(ConfigurationDocumentTests.places.first { $0.heading == key.place })
        let others = place.needed.components(separatedBy: ", ").filter { !$0.isEmpty && !$0.hasPrefix(key.name + ":") }
        func read(_ value: String) throws {
            let members = (others + ["\(key.name): \(value)"]).joined(separator: ", ")
            _ = try ConfigurationFile.parse(place.file(members), folder: URL(fileURLWithPath: "/tmp"))
        }
        try read(key.kind.greatest)
        let error = #expect(throws: ConfigurationFile.Invalid.self) { try read(key.kind.refused) }
        #expect(error?.description.contains(key.name) == true, "\(error?.description ?? "")")
    }

    /// As many as the reader reads; a size of a tree is no count.
    @Test func noKeyIsLeftOut() throws {
        let folder = RepositoryFile.root.appending(path: "Sources/Watching/Configuration")
        var names: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasPrefix("ConfigurationFile") {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            names += source.matches(of: /\.(?:count|bytes|seconds|duration)\("([a-z_]+)"\)/).map { String($0.1) }
        }
        #expect(names.sorted() == Self.keys.filter { $0.kind != .size }.map(\.name).sorted())
    }

    /// The keys of a place with their greatest values.
    private static func greatest(_ place: String) -> String {
        keys.filter { $0.place == place }.map { "\($0.name): \($0.kind.greatest)" }.joined(separator: ", ")
    }

    /// - Parameters:
    ///   - url: of the log, and of a peer that has nothing to say.
    ///   - hook: of those who are told.
    private static func file(_ url: String, _ hook: String, leaves: String, isFrozen: Bool) -> String {
        let root = String(repeating: "A", count: 43) + "="
        let frozen = isFrozen ? "frozen: {\(greatest("logs.frozen")), root: \(root)}, " : ""
        return """
            listen: 127.0.0.1:0
            \(greatest("The file"))
            limits: {\(greatest("limits"))}
            retention: {\(greatest("retention"))}
            status: {\(greatest("status"))}
            gossip: {\(greatest("gossip")), limits: {\(greatest("gossip.limits"))}, peers: [{name: a, url: "\(url)"}]}
            alerts:
              \(greatest("alerts").replacing(", ", with: "\n  "))
              sinks:
                - {name: am, \(greatest("alerts.sinks")), alertmanager: {url: "\(hook)", \
            \(greatest("alerts.sinks.alertmanager"))}}
                - {name: run, command: {run: [/bin/true], \(greatest("alerts.sinks.command"))}}
              heartbeat: {url: "\(hook)/beat", \(greatest("alerts.heartbeat"))}
            logs:
              - {name: log, url: "\(url)", trust: log.json, leaves: \(leaves), \(frozen)watch: [a], \(greatest("logs"))}

            """
    }

    /// It polls, tells, and says that it lives; no sum and no product of settings ends it.
    @Test(arguments: ["url", "users.jsonl", "tiles"]) func aWatcherWithTheGreatest(leaves: String) async throws {
        try await Receiver.run { receiver, hook in
            try await ScriptedServer.run { server, url in
                var log = try TestLog.honest(3)
                try log.publish { $0.root = .sha256([1]) }
                server.answer(log.script())
                let harness = try WatchHarness(url: url)
                _ = try harness.folder.write(log.trust().json.bytes(), to: "log.json")
                _ = try harness.folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
                let text = Self.file(
                    url, hook, leaves: leaves == "url" ? "\"\(url)/users.jsonl\"" : leaves, isFrozen: leaves == "tiles")
                let configuration = try ConfigurationFile.load(try harness.folder.write(text, to: "watch.yaml"))
                let watcher = try Watcher(
                    configuration: configuration, registry: harness.registry, logger: harness.logger,
                    readiness: Readiness(), now: { 1_700_001_000 })
                let run = Task { try await watcher.run() }
                let isTold = await eventually {
                    Set(receiver.received.map(\.path)) == ["/beat", "/api/v2/alerts"]
                        && harness.samples("nexo_watch_verified_heads_total").contains { $0 > 0 }
                }
                #expect(isTold, "\(harness.lines.withLock { $0 })")
                #expect(try await watcher.status.all().map(\.health) == [.violation])
                run.cancel()
                _ = await run.result
                try await Self.wait(with: configuration)
                let store = try SQLiteStore(path: configuration.store)
                // At a time at which heads are old enough.
                let thinning = try await store.thin(configuration.retention, now: 10_000_000_000, limit: 100)
                #expect(thinning.looked > 0)
            }
        }
    }

    /// What a watcher does not come to as long as all is well.
    private static func wait(with configuration: WatchConfiguration) async throws {
        var pace = PollPace(
            interval: configuration.interval, maximum: .seconds(configuration.limits.backoffMax))
        for _ in 0..<40 { #expect(pace.afterFailure(retryAfter: .max) <= configuration.interval) }
        let (first, most) = (configuration.alerts.retryFirst, configuration.alerts.retryMax)
        #expect(Backoff(first: first, maximum: most).delay(after: 40) <= most)
        let answer = try await TimeLimit(limit: configuration.status.requestTimeout).run { "in time" }
        #expect(answer == "in time")
    }
}
