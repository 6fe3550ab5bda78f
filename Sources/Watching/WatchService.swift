public import Logging
public import ServiceLifecycle
import Synchronization
public import Telemetry

/// Runs one watcher, and when the configuration was read again another one in its place, on the same store.
///
/// A configuration that is wrong changes nothing. A right one ends the polls that are under way; what they had judged is
/// stored, and what was not told yet is told by the next watcher, as after a restart.
public final class WatchService: Service {
    private struct State {
        var configuration: WatchConfiguration
        var watcher: Watcher
    }

    /// For whoever looks after the process.
    public enum Event: Sendable { case reloading, reloaded }

    private let path: String
    private let registry: PrometheusRegistry
    private let metrics: WatchMetrics
    private let logger: Logger
    private let readiness: Readiness
    private let tell: @Sendable (Event) -> Void
    private let state: Mutex<State>
    private let asked = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - path: of the file that is read again.
    ///   - configuration: what was read of it first.
    public init(
        path: String, configuration: WatchConfiguration, registry: PrometheusRegistry, logger: Logger,
        readiness: Readiness, tell: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws {
        self.path = path
        self.registry = registry
        self.logger = logger
        self.readiness = readiness
        self.tell = tell
        metrics = WatchMetrics(registry: registry)
        state = Mutex(
            State(
                configuration: configuration,
                watcher: try Watcher(
                    configuration: configuration, registry: registry, logger: logger, readiness: readiness,
                    metrics: metrics)))
    }

    /// Asks for the configuration to be read again. Of several wishes, the last one counts.
    public func reload() { asked.continuation.yield() }

    /// Of the watcher that runs.
    public var status: StatusReader { state.withLock { $0.watcher.status } }
    public var gossip: GossipAPI? { state.withLock { $0.watcher.gossip } }
    public var isAlive: Bool { state.withLock { $0.watcher.isAlive } }
    public var logCount: Int { state.withLock { $0.configuration.logs.count } }

    public func run() async throws {
        while let next = try await runUntilChanged(state.withLock { $0.watcher }) {
            try replace(with: next)
            tell(.reloaded)
        }
    }

    /// - Returns: the configuration to go on with; nil at the end.
    private func runUntilChanged(_ watcher: Watcher) async throws -> WatchConfiguration? {
        try await withThrowingTaskGroup(of: WatchConfiguration?.self) { group in
            group.addTask {
                try await watcher.run()
                return nil
            }
            group.addTask { await self.nextConfiguration() }
            let next = try await group.next() ?? nil
            // Whichever came first, the other one ends: polls that are under way fail as at a stop.
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
            return next
        }
    }

    /// Waits until a configuration can be read that is right.
    private func nextConfiguration() async -> WatchConfiguration? {
        for await _ in asked.stream {
            do {
                let next = try read()
                tell(.reloading)
                return next
            } catch {
                metrics.showReload(isGood: false)
                logger.error(
                    "the configuration is wrong, and nothing was changed; mend it and send SIGHUP again",
                    metadata: ["error": "\(error)"])
            }
        }
        return nil
    }

    private func read() throws -> WatchConfiguration {
        var next = try ConfigurationFile.load(path)
        _ = try next.watchedLogs()
        try next.checkAlerts()
        try next.checkGossip()
        let now = state.withLock { $0.configuration }
        for (name, old, new) in [
            ("listen", now.listen, next.listen), ("store", now.store, next.store),
            ("evidence", now.evidence, next.evidence),
        ] where old != new {
            logger.warning("\(name) stays as it is until nexo-watch starts again", metadata: ["now": "\(old)"])
        }
        if now.status != next.status {
            logger.warning("status: stays as it is until nexo-watch starts again")
        }
        (next.listen, next.store, next.evidence, next.status) = (now.listen, now.store, now.evidence, now.status)
        return next
    }

    private func replace(with next: WatchConfiguration) throws {
        let old = state.withLock { $0.configuration }
        let (configuration, watcher): (WatchConfiguration, Watcher)
        do {
            (configuration, watcher) = (next, try make(next))
            metrics.showReload(isGood: true)
            logger.info("the configuration was read again", metadata: ["logs": "\(next.logs.count)"])
        } catch {
            metrics.showReload(isGood: false)
            logger.error(
                "the new configuration cannot be used; the old one goes on", metadata: ["error": "\(error)"])
            (configuration, watcher) = (old, try make(old))
        }
        for log in try old.watchedLogs() where !configuration.logs.contains(where: { $0.name == log.name }) {
            metrics.remove(log)
        }
        state.withLock { $0 = State(configuration: configuration, watcher: watcher) }
    }

    private func make(_ configuration: WatchConfiguration) throws -> Watcher {
        try Watcher(
            configuration: configuration, registry: registry, logger: logger, readiness: readiness, metrics: metrics)
    }
}
