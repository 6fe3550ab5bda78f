import Logging
import Telemetry

/// What watchers stand on, one after the other: a reload replaces the watcher, and none of this.
struct WatchGround: Sendable {
    let registry: PrometheusRegistry
    let metrics: WatchMetrics
    let logger: Logger
    let readiness: Readiness
    let store: SQLiteStore
    let gossip: GossipConnections
    let clock: ClockWatch
    let pulses = LoopPulses()
    /// For the site.
    let statusStore: SQLiteStatus
    let now: @Sendable () -> UInt64

    /// - Throws: `LostStore` where the database is gone or damaged.
    init(
        _ configuration: WatchConfiguration, registry: PrometheusRegistry, logger: Logger, readiness: Readiness,
        now: @escaping @Sendable () -> UInt64
    ) throws {
        self.registry = registry
        self.logger = logger
        self.readiness = readiness
        self.now = now
        store = try SQLiteStore(path: configuration.store)
        gossip = GossipConnections(to: store)
        metrics = WatchMetrics(registry: registry)
        clock = ClockWatch(tolerance: configuration.limits.clockTolerance, logger: logger, wall: now)
        statusStore = try SQLiteStatus(path: configuration.store)
    }
}
