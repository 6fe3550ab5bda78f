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

    /// A reload is no success: what failed goes on being counted.
    @Test func failuresAreCountedOn() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        var configuration = try harness.configuration([("log", TestLog().trust(), "")])
        configuration.logs[0].vantages = [.direct, .init(name: "tor")]
        let desk = TroubleDesk(store: store, logger: fixture.logger, now: { 1_000 })
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
