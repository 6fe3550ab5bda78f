import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// A `run --once` beside the daemon, on its store: it stores and raises, and says neither who is told nor what is over.
struct BesideTheDaemonTests {
    /// With a configuration of its own, that names no sinks.
    @Test func itsQueuesAndTroublesStay() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let daemon = try await fixture.service(
                store, [AlertFixture.webhook("dead", "http://127.0.0.1:1"), AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .branch, [7])
            let run = Task { await daemon.run() }
            #expect(await eventually { receiver.received.count == 2 })
            let other = try fixture.store()
            let once = try await fixture.service(other, [])
            try await fixture.find(other, .linkBroken, [8])
            await once.deliverOnce()
            #expect(await eventually { receiver.received.count == 3 })
            run.cancel()
            await run.value
            let told = try receiver.alerts
            #expect(told.map { $0["kind"]?.text?.description } == ["branch", "sink-failing", "link-broken"])
            #expect(told.allSatisfy { $0["state"]?.text?.description == "firing" })
            // Where nobody else tells, it does: that sink is gone.
            _ = try await fixture.service(other, [])
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.branch), .rule(.linkBroken)])
        }
    }

    /// What it could not do the daemon hears of, and ends when it can; the run itself ends nothing.
    @Test func whatItRaisesTheDaemonEnds() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let sinks = [AlertFixture.webhook("ops", url)]
            let daemon = try await fixture.service(store, sinks)
            try await fixture.find(store, .branch, [7])
            let run = Task { await daemon.run() }
            // It tells, so that it has its turn.
            #expect(await eventually { receiver.received.count == 1 })
            let once = try await fixture.service(try fixture.store(), sinks)
            let trouble = RaisedTrouble(kind: .evidenceUnwritable, logID: AlertFixture.logID, logName: "log")
            await once.troubles.raise(trouble)
            #expect(await eventually { await daemon.troubles.isOpen(trouble) })
            await once.troubles.resolve(trouble)
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.branch), .trouble(.evidenceUnwritable)])
            await daemon.troubles.resolve(trouble)
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.branch)])
            run.cancel()
            await run.value
        }
    }

    /// It may be another user's: what it can write the daemon may not be able to.
    @Test func evidenceThatOnlyItCanWrite() async throws {
        try await Receiver.run { receiver, hook in
            try await ScriptedServer.run { server, url in
                var log = try TestLog.honest(3)
                try log.publish { $0.root = .sha256([1]) }
                server.answer(log.script())
                let harness = try WatchHarness(url: url)
                var configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
                configuration.alerts.sinks = [AlertFixture.webhook("ops", hook)]
                let daemon = configuration
                configuration.evidence += "-of-another"
                let other = configuration
                _ = try harness.folder.write("a file where the folder should be", to: "evidence")
                try await harness.watch(daemon) {
                    #expect(await eventually { receiver.received.count == 2 })
                    _ = try await harness.poll(other)
                    let open = try await SQLiteStore(path: other.store).openAlerts()
                    #expect(
                        Set(open.map(\.kind)) == [.rule(.sameSizeDifferentRoot), .trouble(.evidenceUnwritable)])
                }
            }
        }
    }
}
