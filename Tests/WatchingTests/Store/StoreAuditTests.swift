import HostileLog
import Testing
import TransparencyLog

@testable import Auditing
@testable import Watching

/// An audit of a watcher's database says of links what the watcher said, and accuses nobody of what it was not shown.
struct StoreAuditTests {
    /// The rules that an audit of the database finds broken, in the order of its heads.
    private static func audit(_ harness: WatchHarness, _ log: TestLog, leaves: Bool = false) async throws -> [Rule] {
        let input = Audit.HeadInput.store(harness.store, log: "log")
        let inputs = Audit.Inputs(
            trust: try log.trust(), heads: input, leaves: leaves ? .store(harness.store, log: "log") : nil,
            now: 1_700_001_000)
        return try await Audit.run(inputs).findings.map(\.rule)
    }

    @Test func aGapIsNoBrokenLinkAndABrokenLinkIsNoGap() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(60)
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(20).script(cap: 10))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.script(cap: 10))
            let gap = try await harness.poll(log.trust(), leaves: false)
            #expect(gap.rules == [.chainGap, .chainGap])
            #expect(try await Self.audit(harness, log) == [.chainGap, .chainGap])
            log.register("x")
            try log.publish { $0.previous = Digest.sha256([1]).base64 }
            server.answer(log.script(cap: 10))
            let broken = try await harness.poll(log.trust(), leaves: false)
            #expect(broken.rules == [.chainGap, .chainGap, .linkBroken])
            #expect(try await Self.audit(harness, log) == [.chainGap, .chainGap, .linkBroken])
        }
    }

    /// A head that is contested for another reason broke no link by that.
    @Test func aContestedHeadBehindAGap() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(6)
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(5).script())
            _ = try await harness.poll(log.trust())
            log.register("x")
            try log.publish { $0.root = .sha256([9]) }
            log.register("y")
            try log.publish()
            server.answer(log.script(cap: 2))
            let report = try await harness.poll(log.trust())
            #expect(Set(report.rules) == [.chainGap, .rootMismatch, .inconsistent])
            #expect(try await Self.audit(harness, log, leaves: true) == [.chainGap, .rootMismatch])
        }
    }

    /// Of two heartbeats of one size the later one was shown first.
    @Test func aParentThatWasStoredAfterItsChild() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish()
            try log.publish()
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(3).script())
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.script(cap: 1))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.prefix(4).script(cap: 1))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.chainGap] && report.verifiedHeads == 5)
            #expect(try await Self.audit(harness, log) == [])
        }
    }

    /// A heartbeat of the first head was shown before that.
    @Test func aFirstHeadThatWasStoredBehindItsHeartbeat() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            try log.publish()
            try log.publish()
            let harness = try WatchHarness(url: url)
            server.answer(log.script(cap: 1))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.prefix(1).script())
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.chainGap] && report.verifiedHeads == 2)
            #expect(try await Self.audit(harness, log) == [.chainGap])
        }
    }

    @Test func aSizeThatRegresses() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            let root = log.heads[2].root
            try log.publish {
                $0.treeSize = "3"
                $0.root = root
            }
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust(), leaves: false).rules == [.sizeRegressed])
            #expect(try await Self.audit(harness, log) == [.sizeRegressed])
        }
    }
}
