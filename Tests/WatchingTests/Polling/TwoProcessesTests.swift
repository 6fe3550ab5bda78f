import HostileLog
import Synchronization
import Testing
import TransparencyLog

@testable import Watching

/// Two processes that poll a log into one database.
struct TwoProcessesTests {
    /// Between two parts of a catch-up another process stores some of the same leaves: none is stored twice.
    @Test func leavesThatAnotherProcessStored() async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            for size in 1...30 {
                log.register("user\(size)")
                if size % 5 == 0 { try log.publish() }
            }
            let (trust, lines, leaves) = (try log.trust(), log.headLines, log.leafLines)
            let harness = try WatchHarness(url: url)
            server.answer(OldHeadsTests.script(lines[..<1].reversed(), leaves))
            #expect(try await harness.poll(trust).verifiedSize == 5)
            let configuration = try harness.configuration([("log", trust, "")])
            let watched = try #require(try configuration.watchedLogs().first)
            let store = FaultyStore(try SQLiteStore(path: harness.store), nil)
            let alerts = try AlertService(
                configuration, logs: [watched], store: store, sinks: [], registry: harness.registry,
                watchMetrics: WatchMetrics(registry: harness.registry), logger: harness.logger, steady: { .now },
                now: { 1_700_001_000 })
            let source = try CurlLogSource()
            defer { source.stop() }
            let watcher = LogWatcher(
                log: watched, points: [VantagePoint(name: "direct", source: source)], store: store,
                announcer: Announcer(
                    folder: configuration.evidence, troubles: alerts.troubles, logger: harness.logger),
                metrics: WatchMetrics(registry: harness.registry),
                clock: ClockWatch(tolerance: 60, logger: harness.logger, steady: { .now }, wall: { 1_700_001_000 }),
                shared: SharedBounds(watched.limits), scratch: ScratchFile.folder(beside: configuration.store))
            // The first part ends with the head of size 10; behind it the other process stores up to 20.
            let catchUp = OldHeadsTests.script(
                lines[2...].reversed() + Array(repeating: lines[1], count: 1_023) + [lines[1], lines[0]], leaves)
            server.answer(catchUp)
            let other: @Sendable () async throws -> Void = {
                server.answer(OldHeadsTests.script(lines[..<4].reversed(), leaves))
                let report = try await harness.poll(trust)
                #expect(report.verifiedSize == 20)
                server.answer(catchUp)
            }
            store.state.withLock { $0.behindCommit = other }
            var memory = PollMemory()
            _ = try await watcher.poll(at: watcher.points[0], &memory)
            let check = try await StoreChecker(path: harness.store, trust: [trust], jobs: 1).check()
            #expect(check.problems == [])
            #expect(try await store.position(of: trust.logID).leafCount == 30)
            server.answer(log.script())
            let last = try await harness.poll(trust)
            #expect(last.rules == [] && last.failure == nil && last.verifiedSize == 30)
        }
    }
}
