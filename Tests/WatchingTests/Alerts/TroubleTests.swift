import Foundation
import GRDB
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// What keeps the watcher from seeing: it is told of, and ends by itself.
struct TroubleTests {
    private static func log(_ harness: WatchHarness, _ trust: TrustFile) throws -> WatchConfiguration {
        var configuration = try harness.configuration([("log", trust, "")])
        configuration.alerts.failingPolls = 2
        return configuration
    }

    /// A watcher that keeps running over polls, unlike that of the harness.
    private static func watcher(
        _ harness: WatchHarness, _ configuration: WatchConfiguration, now: UInt64 = 1_700_001_000
    ) throws -> Watcher {
        try Watcher(
            configuration: configuration, registry: harness.registry, logger: harness.logger, readiness: Readiness(),
            now: { now })
    }

    @Test func pollsThatFail() async throws {
        try await Receiver.run { receiver, hook in
            try await ScriptedServer.run { server, url in
                let log = try TestLog.honest(3)
                server.answer { _ in .init("oops", status: 500) }
                let harness = try WatchHarness(url: url)
                var configuration = try Self.log(harness, log.trust())
                configuration.alerts.groupInterval = .milliseconds(1)
                configuration.alerts.sinks = [AlertFixture.webhook("ops", hook)]
                let watcher = try Self.watcher(harness, configuration)
                defer { watcher.stop() }
                _ = await watcher.runOnce()
                #expect(receiver.received.isEmpty)
                for _ in 0..<2 { _ = await watcher.runOnce() }
                #expect(receiver.received.count == 1)
                let page = harness.registry.render()
                #expect(page.contains("nexo_watch_alerts_open{log=\"log\",severity=\"unchecked\"} 1\n"))
                server.answer(log.script())
                _ = await watcher.runOnce()
                let alerts = try receiver.alerts
                #expect(alerts.map { $0["kind"]?.text?.description } == ["polls-failing", "polls-failing"])
                #expect(alerts.map { $0["state"]?.text?.description } == ["firing", "resolved"])
                #expect(
                    alerts.first?["detail"]?.text?.description
                        == "2 polls in a row failed at vantage direct: http_status: sth/chain: status 500")
                #expect(
                    harness.registry.render().contains("nexo_watch_alerts_open{log=\"log\",severity=\"unchecked\"} 0\n")
                )
            }
        }
    }

    /// An open trouble outlives a restart, and ends when polls succeed again.
    @Test func aTroubleOverARestart() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer { _ in .init("oops", status: 500) }
            let harness = try WatchHarness(url: url)
            let configuration = try Self.log(harness, log.trust())
            let first = try Self.watcher(harness, configuration)
            for _ in 0..<2 { _ = await first.runOnce() }
            first.stop()
            let store = try SQLiteStore(path: configuration.store)
            #expect(try await store.openAlerts().map(\.kind) == [.trouble(.pollsFailing)])
            server.answer(log.script())
            _ = try await harness.poll(configuration)
            #expect(try await store.openAlerts().isEmpty)
        }
    }

    /// Another log_id under a name begins anew: that is told once, since what was latched is not shown under it any more.
    @Test func anotherLogUnderAName() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let trust = try log.trust()
            _ = try await harness.poll(trust)
            let other = try TrustFile(
                name: trust.name, canonical: trust.canonical, policy: trust.policy,
                cosigners: Array(trust.cosigners.prefix(2)))
            func warnings() -> Int {
                harness.lines.withLock { $0.count { $0.contains("another log_id than before") } }
            }
            #expect(other.logID != trust.logID && warnings() == 0)
            for _ in 0..<2 {
                _ = try await harness.poll(other)
                #expect(warnings() == 1)
            }
        }
    }

    /// What fails is told as over by what shows that it is: by no first poll after a restart, at another vantage.
    @Test func aRestartEndsNoTrouble() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        let trust = try TestLog.honest(1).trust()
        var configuration = WatchConfiguration(listen: "", store: "", evidence: "", interval: .seconds(1), logs: [])
        configuration.vantages = [.init(name: "near"), .init(name: "far")]
        let log = WatchedLog(
            .init(name: "log", url: "http://example", trust: "t"), configuration, trust: trust)
        #expect(log.vantages.count == 2)
        let troubles = TroubleDesk(store: store, turn: fixture.turn, logger: fixture.logger, now: { 1 })
        func monitor() -> PollMonitor {
            PollMonitor(logs: [log], store: store, troubles: troubles, failingPolls: 2)
        }
        let first = monitor()
        for _ in 0..<2 { await first.failed(log, at: "far", UnexpectedStatus(uri: "/", status: 500)) }
        #expect(try await store.openAlerts().map(\.kind) == [.trouble(.pollsFailing)])
        let second = monitor()
        try await second.succeeded(log, at: "near", LogPosition())
        #expect(try await store.openAlerts().count == 1)
        await second.failed(log, at: "far", UnexpectedStatus(uri: "/", status: 500))
        try await second.succeeded(log, at: "near", LogPosition())
        #expect(try await store.openAlerts().count == 1)
        try await second.succeeded(log, at: "far", LogPosition())
        #expect(try await store.openAlerts().isEmpty)
    }

    /// Polls of a mistyped address succeed for ever: it is told of, over a restart too, and is over with the first head.
    @Test func aLogThatNeverShowedAHead() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer { _ in .init("no such page", status: 404) }
            let harness = try WatchHarness(url: url)
            let configuration = try Self.log(harness, log.trust())
            let first = try Self.watcher(harness, configuration)
            _ = await first.runOnce()
            let store = try SQLiteStore(path: configuration.store)
            #expect(try await store.openAlerts().isEmpty)
            // A poll that fails says nothing of what the log shows, and takes nothing back.
            server.answer { _ in .init("oops", status: 500) }
            _ = await first.runOnce()
            server.answer { _ in .init("[]") }
            _ = await first.runOnce()
            let alerts = try await store.openAlerts()
            #expect(alerts.map(\.kind) == [.trouble(.noHeads)])
            #expect(
                alerts.first?.detail
                    == "2 polls in a row at vantage direct: the log shows no heads yet; where it should, "
                    + "check its url")
            #expect(alerts.first?.severity == .unchecked)
            first.stop()
            let second = try Self.watcher(harness, configuration)
            defer { second.stop() }
            _ = await second.runOnce()
            #expect(try await store.openAlerts().map(\.kind) == [.trouble(.noHeads)])
            server.answer(log.script())
            _ = await second.runOnce()
            #expect(try await store.openAlerts().isEmpty)
            // What was seen once is not forgotten: an empty answer is another fault then.
            server.answer { _ in .init("[]") }
            for _ in 0..<2 { _ = await second.runOnce() }
            #expect(try await store.openAlerts().map(\.kind) == [.trouble(.pollsFailing)])
        }
    }

    /// Heads that cannot be read are heads: they are told as what they are, and nothing else is.
    @Test func aLogThatShowsOnlyMalformedHeads() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer { _ in .init("[1]") }
            let harness = try WatchHarness(url: url)
            let configuration = try Self.log(harness, log.trust())
            let watcher = try Self.watcher(harness, configuration)
            defer { watcher.stop() }
            for _ in 0..<3 { _ = await watcher.runOnce() }
            let store = try SQLiteStore(path: configuration.store)
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.headMalformed)])
        }
    }

    /// C6: a backlog that does not shrink.
    @Test func aBacklogThatDoesNotShrink() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(5)
            server.answer(log.script(leaves: Array(log.leafLines.prefix(3))))
            let harness = try WatchHarness(url: url)
            let configuration = try Self.log(harness, log.trust())
            let watcher = try Self.watcher(harness, configuration)
            defer { watcher.stop() }
            let store = try SQLiteStore(path: configuration.store)
            for _ in 0..<2 { _ = await watcher.runOnce() }
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.leavesMissing)])
            _ = await watcher.runOnce()
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.leavesMissing), .trouble(.backlogStuck)])
            // A restart verifies nothing by itself.
            watcher.stop()
            let next = try Self.watcher(harness, configuration)
            defer { next.stop() }
            _ = await next.runOnce()
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.leavesMissing), .trouble(.backlogStuck)])
            server.answer(log.script())
            _ = await next.runOnce()
            #expect(try await store.openAlerts().isEmpty)
        }
    }

    /// Polls that come on among leaves are no standstill, however many it takes; those that bring next to nothing are, and
    /// those that begin anew, because the log spells its last line in another way each time.
    @Test func aBacklogThatIsBeingRead() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        let configuration = WatchConfiguration(listen: "", store: "", evidence: "", interval: .seconds(1), logs: [])
        let log = WatchedLog(
            .init(name: "log", url: "http://example", trust: "t", leaves: "x"), configuration,
            trust: try TestLog.honest(1).trust())
        var step = PollStep(logID: log.logID, name: "log", expected: LogPosition())
        step.heads = [
            StoredHead(
                known: .init(
                    hash: .zero, predecessor: .none, treeSize: 9, root: .zero, timestamp: 1, signers: ["cosigner_0"]),
                raw: [1], state: .pending, seenAt: 1)
        ]
        _ = try await store.commit(step)
        let troubles = TroubleDesk(store: store, turn: fixture.turn, logger: fixture.logger, now: { 1 })
        let monitor = PollMonitor(logs: [log], store: store, troubles: troubles, failingPolls: 2)
        var position = LogPosition()
        position.seenSize = 9
        func read(_ counts: [UInt64]) async throws {
            for count in counts { try await monitor.succeeded(log, at: "direct", position, readsOn: count) }
        }
        let stuck: [AlertKind] = [.trouble(.backlogStuck)]
        try await read([1_000, 2_000, 3_500, 4_500, 5_500])
        // What another vantage has read is its own.
        try await monitor.succeeded(log, at: "other", position, readsOn: 1_000)
        #expect(try await store.openAlerts().isEmpty)
        try await read([5_501, 6_499])
        #expect(try await store.openAlerts().map(\.kind) == stuck)
        try await read([6_500])
        #expect(try await store.openAlerts().isEmpty)
        try await read([1_000, 2_000])
        #expect(try await store.openAlerts().map(\.kind) == stuck)
        try await read([3_000, 4_000, 6_400])
        #expect(try await store.openAlerts().map(\.kind) == stuck)
        // A head that is verified begins a new count.
        position.verifiedCount = 1
        try await read([1_000, 2_000, 3_000])
        #expect(try await store.openAlerts().isEmpty)
        for _ in 0..<2 { try await monitor.succeeded(log, at: "direct", position) }
        #expect(try await store.openAlerts().map(\.kind) == stuck)
    }

    /// A stale log is over when a fresh head is verified; a head that is stale itself does not do.
    @Test func staleness() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), maxHeadAge: 600, now: 1_700_001_000)
            let store = try SQLiteStore(path: harness.folder.url.appending(path: "watch.db").path)
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.headStale)])
            try log.publish { $0.timestamp = 1_700_000_300 }
            server.answer(log.script())
            _ = try await harness.poll(log.trust(), maxHeadAge: 600, now: 1_700_001_000)
            #expect(try await store.openAlerts().map(\.findings) == [2])
            try log.publish { $0.timestamp = 1_700_000_900 }
            server.answer(log.script())
            _ = try await harness.poll(log.trust(), maxHeadAge: 600, now: 1_700_001_000)
            #expect(try await store.openAlerts().isEmpty)
            #expect(try await store.alert(1)?.state == .resolved)
        }
    }

    /// A folder that cannot be written is a trouble until it can; the running watcher writes what is missing then.
    @Test func evidenceThatCannotBeWritten() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish { $0.root = .sha256([1]) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
            let blocked = try harness.folder.write("a file where the folder should be", to: "evidence")
            let watcher = try Self.watcher(harness, configuration)
            defer { watcher.stop() }
            _ = await watcher.runOnce()
            let store = try SQLiteStore(path: configuration.store)
            #expect(
                Set(try await store.openAlerts().map(\.kind))
                    == [.rule(.sameSizeDifferentRoot), .trouble(.evidenceUnwritable)])
            try FileManager.default.removeItem(atPath: blocked)
            _ = await watcher.runOnce()
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.sameSizeDifferentRoot)])
            #expect(try harness.evidence().count == 1)
        }
    }

    /// C13: 10,000 mismatches in one poll are one alert, with the count of all.
    @Test func tenThousandMismatches() async throws {
        try await Receiver.run { receiver, hook in
            try await ScriptedServer.run { server, url in
                var log = TestLog()
                log.register("x")
                for _ in 0..<10_000 { try log.publish { $0.signatures = "[]" } }
                server.answer(log.script())
                let harness = try WatchHarness(url: url)
                var configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
                configuration.alerts.sinks = [AlertFixture.webhook("ops", hook)]
                _ = try await harness.poll(configuration, now: 1_700_020_000)
                let told = try receiver.alerts.map { alert in
                    "\(alert["kind"]?.text?.description ?? "") \(alert["count"]?.plainInteger ?? 0)"
                }
                #expect(told == ["head-unsigned 10000"])
            }
        }
    }

    /// The metric of a fork is latched until somebody acknowledges it, also in another process.
    @Test func aForkIsLatchedUntilItIsAcknowledged() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish { $0.root = .sha256([1]) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
            let latched = "nexo_watch_fork_detected{log=\"log\"} 1\n"
            for _ in 0..<2 {
                _ = try await harness.poll(configuration)
                #expect(harness.registry.render().contains(latched))
            }
            let watcher = try Self.watcher(harness, configuration)
            let run = Task { try await watcher.run() }
            let other = try SQLiteStore(path: configuration.store)
            _ = try await other.acknowledge(1, .init(at: 1_700_001_000, by: "ann", note: "known"))
            #expect(await eventually { !harness.registry.render().contains(latched) })
            run.cancel()
            _ = await run.result
            // And it stays so over a restart, though the log shows the fork still.
            _ = try await harness.poll(configuration)
            #expect(!harness.registry.render().contains(latched))
        }
    }

    /// The heartbeat waits for a first poll of each log, and stops when polls fail for too long or the store does.
    @Test func theHeartbeat() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let trust = try TestLog.honest(1).trust()
            let configuration = WatchConfiguration(listen: "", store: "", evidence: "", interval: .seconds(1), logs: [])
            let log = WatchedLog(
                .init(name: "log", url: "http://example", trust: "t"), configuration, trust: trust)
            let troubles = TroubleDesk(store: store, turn: fixture.turn, logger: fixture.logger, now: { 1 })
            let monitor = PollMonitor(logs: [log], store: store, troubles: troubles, failingPolls: 2)
            let tells = Mutex(true)
            let sender = try HeartbeatSender(
                .init(address: .url(url + "/beat"), interval: .milliseconds(20)), monitor: monitor, store: store,
                canTell: { tells.withLock { $0 } }, logger: fixture.logger, now: { 1 })
            let run = Task { await sender.run(every: .milliseconds(5)) }
            #expect(await eventually { !fixture.lines.withLock { $0.isEmpty } })
            #expect(receiver.received.isEmpty)
            let before = ContinuousClock.now
            try await monitor.succeeded(log, at: "direct", LogPosition())
            #expect(await eventually { receiver.received.count >= 2 })
            #expect(receiver.received.first?.path == "/beat")
            // Each poll may take its time limit beside the interval.
            #expect(await monitor.isTimely(at: before + .seconds(60)))
            #expect(await !monitor.isTimely(at: .now + .seconds(63)))
            // Who watches, and can tell nobody, is no use.
            tells.withLock { $0 = false }
            #expect(
                await eventually { fixture.lines.withLock { $0.last?.contains("no sink takes messages") == true } })
            tells.withLock { $0 = true }
            let pings = receiver.received.count
            #expect(await eventually { receiver.received.count > pings })
            try await store.pool.write { try $0.execute(sql: "DROP TABLE pulse") }
            #expect(
                await eventually { fixture.lines.withLock { $0.last?.contains("the store cannot be written") == true } }
            )
            run.cancel()
            await run.value
        }
    }

    /// Findings from before there were alerts are told of once there are.
    @Test func findingsFromBeforeThereWereAlerts() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let old = try DatabasePool(path: fixture.path)
            try Schema.migrator.migrate(old, upTo: "1: heads, leaves, findings, evidence")
            try await old.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO logs VALUES (1, 'id', 'log', 1, 0, 0, NULL, 0, 0, 0, x'', 0, x'', 0);
                        INSERT INTO findings (log, fingerprint, rule, severity, expected, found, at, announced) VALUES
                            (1, x'01', 'branch', 'violation', 'a', 'b', 10, 1),
                            (1, x'02', 'branch', 'violation', 'a', 'b', 11, 1),
                            (1, x'03', 'head-stale', 'warning', 'a', 'b', 12, 1);
                        """)
            }
            try old.close()
            let store = try fixture.store()
            #expect(try await store.hasFork("id"))
            let open = try await store.openAlerts()
            #expect(open.map(\.kind) == [.rule(.branch)] && open.first?.findings == 2 && open.first?.openedAt == 10)
            // Their fingerprints are none that a message could quote.
            try await store.pool.write { try $0.execute(sql: "DELETE FROM findings") }
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            await service.deliverOnce()
            #expect(try receiver.alerts.map { $0["count"]?.plainInteger } == [2])
        }
    }
}
