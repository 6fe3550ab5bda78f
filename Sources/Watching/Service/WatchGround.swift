import LogFiles
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
        // Nobody writes here yet.
        removeAbandoned(in: configuration.evidence) { $0.wholeMatch(of: /[0-9a-f]{16}\.json/) != nil }
        removeAbandoned(in: ScratchFile.folder(beside: configuration.store)) { $0 == ScratchFile.name }
    }

    /// When nobody writes any more: the database's file then holds all, for whoever copies it or names it by a hash.
    func settle() {
        do { try store.settle() } catch {
            logger.info(
                "the database's -wal file stays, and is read at the next start", metadata: ["error": "\(error)"])
        }
    }

    /// What a kill left of an earlier process. It is never read, so that it holds nothing up if it stays.
    private func removeAbandoned(in folder: String, where isOurs: (Substring) -> Bool) {
        do {
            for name in try AtomicFile.removeAbandoned(in: folder, where: isOurs) {
                logger.info("a file that was never finished is removed", metadata: ["file": "\(folder)/\(name)"])
            }
        } catch {
            logger.warning("files that were never finished cannot be removed", metadata: ["error": "\(error)"])
        }
    }
}
