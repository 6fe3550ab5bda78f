import Logging
import Telemetry
import TransparencyLog

@testable import Watching

/// What outlives the watcher's process.
struct SimulatedGround: Sendable {
    let clock: SimulatedClock
    let network: SimulatedNetwork
    let sinks: [SimulatedSink]
    let configuration: WatchConfiguration
    let log: WatchedLog
    let registry: PrometheusRegistry
    let metrics: WatchMetrics
    let logger: Logger
}

/// The watcher's own parts, from the poll of a log to the queues of the sinks, put together as `Watcher` does it. Only the
/// loops around them are the schedule's: which part works next is a step.
struct SimulatedProcess: Sendable {
    let store: FaultyStore
    let alerts: AlertService
    let watcher: LogWatcher
    private var memories: [PollMemory]

    init(_ store: FaultyStore, on ground: SimulatedGround) throws {
        self.store = store
        let clock = ground.clock
        alerts = try AlertService(
            ground.configuration, logs: [ground.log], store: store, sinks: ground.sinks, registry: ground.registry,
            watchMetrics: ground.metrics, logger: ground.logger, steady: { clock.steady }, now: { clock.wall })
        let points = ground.log.vantages.enumerated().map { index, vantage in
            VantagePoint(name: vantage.name, source: ground.network.source(index))
        }
        watcher = LogWatcher(
            log: ground.log, points: points, store: store,
            announcer: Announcer(
                folder: ground.configuration.evidence, troubles: alerts.troubles, logger: ground.logger),
            metrics: ground.metrics,
            clock: ClockWatch(
                tolerance: ground.log.limits.clockTolerance, logger: ground.logger, steady: { clock.steady },
                wall: { clock.wall }), shared: SharedBounds(ground.log.limits),
            scratch: ScratchFile.folder(beside: ground.configuration.store))
        memories = points.map { _ in PollMemory() }
    }

    /// As a watcher begins, after another one or after nothing. What fails is logged there, and goes on.
    func prepare(after previous: SimulatedProcess? = nil) async {
        if let previous {
            await previous.alerts.drain()
            await alerts.adopt(previous.alerts)
        }
        try? await alerts.prepare()
        do {
            try await watcher.announcer.announce(watcher.log.reference, store)
            try await watcher.announcer.restoreEvidence(watcher.log.reference, store)
        } catch {}
    }

    /// - Returns: why the poll failed.
    mutating func poll(_ vantage: Int) async -> (any Error)? {
        let name = watcher.points[vantage].name
        do {
            let outcome = try await watcher.poll(at: watcher.points[vantage], &memories[vantage])
            try await alerts.monitor.succeeded(
                watcher.log, at: name, outcome.position, showsNothing: outcome.showsNothing)
            return nil
        } catch {
            await alerts.monitor.failed(watcher.log, at: name, error)
            return error
        }
    }

    func deliver() async {
        await alerts.refreshBoard()
        for queue in alerts.queues {
            // Bounded: a watcher that forgets what it told would go on for ever.
            var rounds = 0
            while rounds < 20, await queue.round() > 0 { rounds += 1 }
        }
    }
}
