import Foundation
import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Auditing
@testable import Watching

/// Retention deletes what checkpoints and leaves prove as well.
struct RetentionTests {
    static let policy = WatchConfiguration.Retention(heads: .seconds(60), checkpointEvery: 50)

    /// Thins all that is old enough, in small steps.
    static func thin(
        _ harness: WatchHarness, _ policy: WatchConfiguration.Retention = policy, now: UInt64 = 1_700_009_000
    ) async throws -> Int {
        let store = try SQLiteStore(path: harness.store)
        var thinned = 0
        while true {
            let step = try await store.thin(policy, now: now, limit: 37)
            thinned += step.thinned
            if step.looked < 37 { break }
        }
        try store.pool.close()
        return thinned
    }

    @Test func checkpointsAndTheNewestHeadAreKept() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(201)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            // Too young.
            #expect(try await Self.thin(harness, now: 1_700_001_010) == 0)
            // Sizes 50, 100, 150 and 200 are checkpoints, and 201 is the newest.
            #expect(try await Self.thin(harness) == 196)
            #expect(try await Self.thin(harness) == 0)
            let check = try await StoreChecker(path: harness.store, trust: [log.trust()], jobs: 1).check()
            #expect(check.problems == [] && check.logs.first?.counts.thinned == 196)
            // The log goes on, also where a replica serves what is thinned.
            server.answer(log.prefix(120).script())
            let lagging = try await harness.poll(log.trust())
            #expect(lagging.rules == [] && lagging.failure == nil && lagging.verifiedHeads == 201)
            // An audit of the store says what it could not check.
            let audit = try await Audit.run(
                Audit.Inputs(
                    trust: log.trust(), heads: .store(harness.store, log: "log"),
                    leaves: .store(harness.store, log: "log"), now: 1_700_009_000))
            #expect(audit.coverage.headsThinned > 0 && audit.exitCode(strict: false) == 0)
        }
    }

    /// The head that a fork contradicts is thinned: the next checkpoint, and the leaves under it, prove the fork.
    @Test func aForkFromAThinnedHeadIsProved() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(120)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            #expect(try await Self.thin(harness) == 117)
            var forked = log.prefix(79)
            forked.register("another")
            try forked.publish { $0.signers = [1, 2] }
            server.answer(forked.script())
            let report = try await harness.poll(log.trust())
            #expect(report.rules == [.sameSizeDifferentRoot])
            let evidence = try #require(try harness.evidence().first)
            let verdict = EvidenceChecker(trust: try log.trust()).check(evidence)
            #expect(verdict == .proved(kind: .inconsistent, equivocating: ["cosigner_1"]))
        }
    }

    /// Further signatures of a thinned head begin no JSON that has a part of them alone, and proves less than what stands in.
    @Test func signaturesThatAThinnedHeadGets() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(120)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            #expect(try await Self.thin(harness) == 117)
            for isForked in [false, true] {
                var view = log.prefix(79)
                view.register(isForked ? "another" : "user79@test")
                try view.publish { $0.signers = isForked ? [0] : [1, 2] }
                server.answer(view.script())
                _ = try await harness.poll(log.trust())
            }
            let evidence = try #require(try harness.evidence().first)
            let verdict = EvidenceChecker(trust: try log.trust()).check(evidence)
            #expect(verdict == .proved(kind: .inconsistent, equivocating: ["cosigner_0"]))
        }
    }

    /// Without leaves nothing could stand in, so nothing is thinned unless the operator says so.
    @Test func headsWithoutLeavesAreKept() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(120)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.thin(harness) == 0)
        }
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(120)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            var policy = Self.policy
            policy.thinsWithoutLeaves = true
            #expect(try await Self.thin(harness, policy) == 117)
            var forked = log.prefix(79)
            forked.register("another")
            try forked.publish()
            server.answer(forked.script())
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.sameSizeDifferentRoot] && report.findings.first?.evidence == nil)
        }
    }

    /// What is thinned does not come back: a clock that is a month ahead thins nothing, before hosts say so and after.
    @Test func aClockThatIsAheadThinsNothing() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(120)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            let (wall, steady) = (Shared<UInt64>(1_700_001_010), Shared(ContinuousClock.now))
            let clock = ClockWatch(
                tolerance: 60, logger: harness.logger, steady: { steady.value }, wall: { wall.value })
            let store = try SQLiteStore(path: harness.store)
            let retention = Retention(store: store, policy: Self.policy, logger: harness.logger, clock: clock)
            @Sendable func whole() async throws -> Int {
                try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM head_json") ?? 0 }
            }
            try await retention.thin()
            wall.change { $0 += 30 * 86_400 }
            try await retention.thin()
            #expect(try await whole() == 120, "the clock was set")
            for host in ["a", "b", "c"] {
                _ = clock.hear(
                    ServerClock(date: 1_700_001_010, at: steady.value, age: 0, uncertainty: 1), from: host)
            }
            try await retention.thin()
            #expect(try await whole() == 120, "three hosts say that it is wrong")
            steady.change { $0 += .seconds(120) }
            wall.change { $0 += 120 }
            try await retention.thin()
            #expect(try await whole() == 3, "by their time, two minutes have passed")
        }
    }

    @Test func theConfiguration() throws {
        func retention(_ text: String) throws -> WatchConfiguration.Retention {
            try ConfigurationFile.parse(
                "logs: [{name: a, url: 'http://a.example', trust: t}]\n\(text)", folder: URL(fileURLWithPath: "/")
            ).retention
        }
        #expect(try retention("") == .init(heads: .seconds(30 * 86_400), checkpointEvery: 1_000))
        #expect(
            try retention("retention: {heads: 7d, checkpoint_every: 10, without_leaves: thin}")
                == .init(heads: .seconds(7 * 86_400), checkpointEvery: 10, thinsWithoutLeaves: true))
        #expect(throws: ConfigurationFile.Invalid.self) { try retention("retention: {without_leaves: maybe}") }
        #expect(throws: ConfigurationFile.Invalid.self) { try retention("retention: {checkpoint_every: 0}") }
    }
}
