import Foundation
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

struct WatchServiceTests {
    @Test func whatCannotChange() throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let running = try harness.configuration([("log", TestLog().trust(), "")])
        var next = running
        #expect(next.keepFixed(running).isEmpty && next == running)
        next.listen = "127.0.0.1:1"
        next.store = "/elsewhere"
        next.evidence = "/elsewhere"
        next.status.connections = 1
        next.status.requestTimeout = .seconds(1)
        next.status.hosts = ["watch.example"]
        next.interval = .seconds(7)
        let fixed = ["listen", "store", "evidence", "status.connections", "status.request_timeout"]
        #expect(next.keepFixed(running) == fixed)
        #expect(next.listen == running.listen && next.store == running.store && next.evidence == running.evidence)
        #expect(next.status.connections == 64 && next.status.requestTimeout == .seconds(10))
        #expect(next.status.hosts == ["watch.example"] && next.interval == .seconds(7))
    }

    /// A token, a trust file and the file itself: what is wrong changes nothing, and what is right all of it.
    @Test func allOrNothing() async throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let folder = harness.folder
        let tokens = ["a", "b", "c"].map { String(repeating: $0, count: 32) }
        func write(token: String, trust: String, more: String = "") throws -> String {
            _ = try folder.write(token, to: "token")
            _ = try folder.write(trust, to: "log.json")
            return try folder.write(
                """
                listen: 127.0.0.1:0
                interval: 1h
                status: {token_file: token}
                logs: [{name: log, url: "http://127.0.0.1:1", trust: log.json}]
                \(more)
                """, to: "watch.yaml")
        }
        let trust = String(decoding: try TestLog().trust().json.bytes(), as: UTF8.self)
        let path = try write(token: tokens[0], trust: trust)
        let configuration = try ConfigurationFile.load(path)
        let service = try WatchService(
            path: path, configuration: configuration, access: try StatusAccess(configuration),
            registry: harness.registry, logger: harness.logger, readiness: Readiness(), now: { 1_700_000_000 })
        @Sendable func allowed() -> [Bool] { tokens.map { service.access.allows(authorization: "Bearer \($0)") } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            await service.readiness.wait()
            #expect(allowed() == [true, false, false])
            let wrong = [
                (tokens[1], "{}", "", "log log: "), ("short", trust, "", "must hold one token"),
                (tokens[1], trust, "verifyer: auto", "unknown key"),
                (tokens[1], trust, "vantages: [{name: v, ca_file: log.json}]", "log.json is no PEM file"),
                (
                    tokens[1], trust,
                    "alerts: {sinks: [{name: s, webhook: {url: http://127.0.0.1:1, secret_file: no}}]}",
                    "cannot be read"
                ),
            ]
            for (token, trust, more, reason) in wrong {
                _ = try write(token: token, trust: trust, more: more)
                service.reload()
                let isTold = await eventually { harness.lines.withLock { $0.contains { $0.contains(reason) } } }
                #expect(isTold, "\(reason)")
                #expect(allowed() == [true, false, false])
                #expect(harness.registry.render().contains("nexo_watch_config_last_reload_successful 0\n"))
            }
            _ = try write(token: tokens[2], trust: trust)
            service.reload()
            let isReplaced = await eventually { allowed() == [false, false, true] }
            #expect(isReplaced)
            let isShown = await eventually {
                harness.registry.render().contains("nexo_watch_config_last_reload_successful 1\n")
            }
            #expect(isShown)
            group.cancelAll()
        }
    }

    /// What is shown of a log stays until it is known anew: a latch that opened for one scrape would end an alert. Under
    /// other keys the name means another log, which begins at nothing.
    @Test func whatIsShownGoesOn() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", log.trust(), "")])
            let ground = try WatchGround(
                configuration, registry: harness.registry, logger: harness.logger, readiness: Readiness(),
                now: { 1_700_001_000 })
            let first = try Watcher(configuration, on: ground)
            _ = await first.runOnce()
            first.stop()
            // Known from the poll alone, so that nothing but a reset could change it.
            let skew = harness.samples("nexo_watch_clock_skew_seconds")
            #expect(skew.count == 1 && skew != [0])
            let page = harness.registry.render()
            let second = try Watcher(configuration, on: ground)
            defer { second.stop() }
            #expect(harness.registry.render() == page)
            await second.prepare(after: first)
            #expect(harness.registry.render() == page)
            let other = try Watcher(
                try harness.configuration([("log", TestLog(firstSeed: 50).trust(), "")]), on: ground)
            defer { other.stop() }
            await other.prepare(after: second)
            #expect(harness.samples("nexo_watch_clock_skew_seconds") == [0])
            #expect(harness.samples("nexo_watch_verified_heads_total") == [0])
        }
    }

    /// A kill within the writing of evidence leaves a file that nobody reads: the next start removes it, and nothing else.
    @Test func whatAKillLeftIsRemoved() throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let configuration = try harness.configuration([])
        let evidence = URL(fileURLWithPath: configuration.evidence)
        try FileManager.default.createDirectory(at: evidence, withIntermediateDirectories: true)
        let (left, kept) = (
            "0123456789abcdef.json.tmp-4194305-1", ["0123456789abcdef.json", "notes.json.tmp-4194305-1"]
        )
        for name in [left] + kept { try Data("x".utf8).write(to: evidence.appending(path: name)) }
        try Data().write(to: harness.folder.url.appending(path: "leaves.tmp-4194305-1"))
        try Data().write(to: harness.folder.url.appending(path: "mine.tmp-4194305-1"))
        _ = try WatchGround(
            configuration, registry: harness.registry, logger: harness.logger, readiness: Readiness(),
            now: { 1_700_001_000 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: evidence.path).sorted() == kept)
        let names = try FileManager.default.contentsOfDirectory(atPath: harness.folder.url.path)
        #expect(names.filter { $0.contains(".tmp-") } == ["mine.tmp-4194305-1"])
    }

    /// Series go with the vantage, the cosigner, the sink or the log that they are about.
    @Test func seriesOfWhatIsGone() throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let odd = "a \"b\"\\\n,c"
        var configuration = try harness.configuration([("x", TestLog().trust(), "")], maxHeadAge: 60)
        configuration.logs[0].name = odd
        configuration.logs[0].vantages = [.direct, .init(name: "tor")]
        let metrics = WatchMetrics(registry: harness.registry)
        let alerts = AlertMetrics(registry: harness.registry)
        let log = try #require(try configuration.watchedLogs().first)
        metrics.prepare(log)
        metrics.showSigners(log, [.init(timestamp: 5, signers: log.cosignerIDs)])
        for sink in ["ops", "mail"] { alerts.prepare(sink: sink) }
        alerts.showOpen("", .warning, 1)
        alerts.showOpen(odd, .warning, 1)
        func page() -> String { harness.registry.render() }
        let full = page()
        metrics.keep(logs: [log], sinks: ["ops", "mail"])
        #expect(page() == full)
        configuration.logs[0].vantages = [.direct]
        configuration.logs[0].maxHeadAge = nil
        metrics.keep(logs: try configuration.watchedLogs(), sinks: ["ops"])
        let less = page()
        #expect(full.contains("vantage=\"tor\"") && full.contains("max_head_age") && full.contains("sink=\"mail\""))
        #expect(!less.contains("vantage=\"tor\"") && !less.contains("max_head_age") && !less.contains("sink=\"mail\""))
        #expect(less.contains("vantage=\"direct\"") && less.contains("sink=\"ops\"") && less.contains("cosigner=\""))
        metrics.keep(logs: [], sinks: [])
        let nothing = page()
        #expect(!nothing.contains("sink=\"") && !nothing.contains("log=\"a"))
        #expect(nothing.contains("nexo_watch_alerts_open{log=\"\",severity=\"warning\"} 1\n"))
        #expect(nothing.contains("nexo_watch_build_info"))
    }

    /// What most hosts said of our clock holds over a reload; who is asked no longer has no vote.
    @Test func theClockGoesOn() throws {
        let clock = ClockWatch(tolerance: 60, logger: try WatchHarness(url: "").logger, wall: { 10_000 })
        for host in ["a", "b", "c"] {
            _ = clock.hear(ServerClock(date: 9_000, at: .now, age: 0, uncertainty: 1), from: host)
        }
        #expect(clock.now() == 9_000)
        clock.change(tolerance: 60, hosts: ["a", "b", "c", "d"])
        #expect(clock.now() == 9_000)
        clock.change(tolerance: 2_000, hosts: ["a", "b", "c"])
        #expect(clock.now() == 10_000)
        clock.change(tolerance: 60, hosts: ["a", "b", "c"])
        #expect(clock.now() == 9_000)
        clock.change(tolerance: 60, hosts: ["a", "b"])
        #expect(clock.now() == 10_000)
        clock.change(tolerance: 60, hosts: [])
        #expect(clock.now() == 10_000)
    }

    /// When polls were is noted by the time that most hosts say, and how long ago that is by the same.
    @Test func theSiteGoesByTheSameClock() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", log.trust(), "")])
            let begun = ContinuousClock.now
            let ground = try WatchGround(
                configuration, registry: harness.registry, logger: harness.logger, readiness: Readiness(),
                now: { 1_700_001_150 + UInt64((ContinuousClock.now - begun).components.seconds) })
            for host in ["a", "b", "c"] {
                _ = ground.clock.hear(
                    ServerClock(date: 1_700_001_000, at: begun, age: 0, uncertainty: 1), from: host)
            }
            let watcher = try Watcher(configuration, on: ground)
            defer { watcher.stop() }
            _ = await watcher.runOnce()
            let status = try #require(try await watcher.status.all().first)
            #expect(status.health == .ok, "\(status.reason)")
        }
    }

    /// A reload waits for messages as long as the sinks that it finds may take, whatever those of the first configuration.
    @Test func aReloadHasThePatienceOfItsSinks() async throws {
        try await Receiver.run { receiver, hook in
            try await ScriptedServer.run { server, url in
                var log = try TestLog.honest(3)
                try log.publish { $0.root = .sha256([1]) }
                server.answer(log.script())
                let harness = try WatchHarness(url: url)
                _ = try harness.folder.write(log.trust().json.bytes(), to: "log.json")
                func write(_ more: String) throws -> String {
                    try harness.folder.write(
                        """
                        listen: 127.0.0.1:0
                        interval: 1h
                        limits: {timeout: 300s}
                        logs: [{name: log, url: "\(url)", trust: log.json}]
                        \(more)

                        """, to: "watch.yaml")
                }
                let isTaken = Shared(false)
                receiver.answer { _ in
                    _ = await eventually { isTaken.value }
                    return 200
                }
                let path = try write("")
                let configuration = try ConfigurationFile.load(path)
                let service = try WatchService(
                    path: path, configuration: configuration, access: try StatusAccess(configuration),
                    registry: harness.registry, logger: harness.logger, readiness: Readiness(),
                    now: { 1_700_001_000 })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await service.run() }
                    await service.readiness.wait()
                    _ = try write(#"alerts: {sinks: [{name: ops, timeout: 300s, webhook: {url: "\#(hook)"}}]}"#)
                    service.reload()
                    #expect(await eventually { !receiver.received.isEmpty })
                    service.reload()
                    // The first was begun and done, the second is begun.
                    var events = service.events.makeAsyncIterator()
                    for _ in 0..<3 { _ = await events.next() }
                    let (looks, hanging) = (Shared(0), Shared<String?>(nil))
                    _ = await eventually {
                        looks.change { $0 += 1 }
                        hanging.value = hanging.value ?? service.ground.pulses.hanging(at: .now + .seconds(200))
                        return looks.value == 100
                    }
                    #expect(hanging.value == nil)
                    isTaken.value = true
                    _ = await events.next()
                    group.cancelAll()
                }
            }
        }
    }

    /// A reload is no success: what failed goes on being counted.
    @Test func failuresAreCountedOn() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        var configuration = try harness.configuration([("log", TestLog().trust(), "")])
        configuration.logs[0].vantages = [.direct, .init(name: "tor")]
        let desk = TroubleDesk(store: store, turn: fixture.turn, logger: fixture.logger, now: { 1_000 })
        func monitor() throws -> PollMonitor {
            PollMonitor(
                logs: try configuration.watchedLogs(), store: store, troubles: desk, failingPolls: 3)
        }
        let first = try monitor()
        let log = try #require(try configuration.watchedLogs().first)
        for _ in 0..<2 { await first.failed(log, at: "direct", FetchError(.other, "x")) }
        for _ in 0..<5 { await first.failed(log, at: "tor", FetchError(.other, "x")) }
        #expect(try await store.openAlerts().count == 1)
        configuration.logs[0].vantages = [.direct]
        let second = try monitor()
        await second.adopt(first)
        // A vantage that is gone fails no longer.
        let less = try #require(try configuration.watchedLogs().first)
        try await second.succeeded(less, at: "direct", LogPosition())
        #expect(try await store.openAlerts().isEmpty)
        for _ in 0..<2 { await second.failed(less, at: "direct", FetchError(.other, "x")) }
        #expect(try await store.openAlerts().isEmpty)
        let third = try monitor()
        await third.adopt(second)
        await third.failed(less, at: "direct", FetchError(.other, "x"))
        #expect(try await store.openAlerts().count == 1)
    }
}
