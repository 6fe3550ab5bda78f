public import Foundation
public import Logging
public import ServiceLifecycle
import Synchronization
public import Telemetry

/// Runs one watcher, and when the configuration was read again another one in its place, on the same store.
///
/// A reload goes like this:
///
///     read the configuration and all files that it names, each once; where one is wrong, that is all
///     wait for messages that are under way, and begin no others
///     end the polls; what they judged is stored, the rest is asked again
///     forget the metrics of what is gone, show what the store knows, and tell what was not told yet
///     poll
public final class WatchService: Service {
    /// What runs, as it was configured.
    private struct Running: Sendable {
        var configuration: WatchConfiguration
        var access: StatusAccess
        var watcher: Watcher
    }

    /// For whoever looks after the process.
    public enum Event: Sendable {
        case reloading
        /// With success or without.
        case reloaded
    }

    private let path: String
    let ground: WatchGround
    private let running: Live<Running>
    private let asked = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let told = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(16))

    /// - Parameters:
    ///   - path: of the file that is read again.
    ///   - configuration: what was read of it first.
    public init(
        path: String, configuration: WatchConfiguration, access: StatusAccess, registry: PrometheusRegistry,
        logger: Logger, readiness: Readiness,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(Date().timeIntervalSince1970, 0)) }
    ) throws {
        self.path = path
        ground = try WatchGround(
            configuration, registry: registry, logger: logger, readiness: readiness, now: now)
        running = Live(
            Running(
                configuration: configuration, access: access, watcher: try Watcher(configuration, on: ground)))
    }

    /// Asks for the configuration to be read again. Of several wishes, the last one counts; none is lost.
    public func reload() { asked.continuation.yield() }

    /// What happens, for one listener.
    public var events: AsyncStream<Event> { told.stream }

    /// Of the watcher that runs.
    public var status: StatusReader { running.value.watcher.status }
    /// nil where no gossip is configured.
    public var gossip: GossipAPI? { running.value.watcher.gossip }
    public var access: StatusAccess { running.value.access }
    public var readiness: Readiness { ground.readiness }

    /// The name of a loop that makes no progress; nil where all do.
    public var hanging: String? { ground.pulses.hanging() }

    /// One line for people.
    public func summary() async -> String {
        let count = running.value.configuration.logs.count
        let logs = count == 1 ? "1 log" : "\(count) logs"
        do {
            let open = try await ground.store.openAlerts().count { $0.state == .firing }
            return "\(logs), \(open) open \(open == 1 ? "alert" : "alerts")"
        } catch { return "\(logs), alerts cannot be read" }
    }

    /// At the end of the process, when nothing runs any more.
    public func settle() { ground.settle() }

    public func run() async throws {
        var current = running.value
        defer { current.watcher.stop() }
        await overseen(current.configuration) { await current.watcher.prepare() }
        while let next = try await overseen(current.configuration, { try await runUntilChanged(current.watcher) }) {
            await overseen(next.configuration) { await next.watcher.prepare(after: current.watcher) }
            running.value = next
            current = next
            ground.metrics.showReload(isGood: true)
            ground.logger.notice(
                "the configuration was read again", metadata: ["logs": "\(next.configuration.logs.count)"])
            told.continuation.yield(.reloaded)
        }
    }

    /// With patience for messages that are under way to the sinks of a configuration: a reload waits for them.
    private func overseen<Result: Sendable>(
        _ configuration: WatchConfiguration, _ step: () async throws -> Result
    ) async rethrows -> Result {
        let longest = configuration.alerts.sinks.map(\.timeout).max() ?? .zero
        return try await ground.pulses.watch("reload", patience: longest + LoopPulse.leeway, step)
    }

    /// - Returns: what to go on with; nil at the end.
    private func runUntilChanged(_ watcher: Watcher) async throws -> Running? {
        let next = try await cancelWhenGracefulShutdown { [self] in
            try await withThrowingTaskGroup(of: Running?.self) { group in
                group.addTask {
                    try await watcher.watch()
                    return nil
                }
                group.addTask { await self.nextGood() }
                LoopPulse.current?.waits()
                let next = try await group.next() ?? nil
                LoopPulse.current?.works()
                if next != nil { await watcher.drain() }
                group.cancelAll()
                do { try await group.waitForAll() } catch {
                    next?.watcher.stop()
                    throw error
                }
                return next
            }
        }
        await watcher.finish()
        guard Task.isShuttingDownGracefully || Task.isCancelled else { return next }
        next?.watcher.stop()
        return nil
    }

    /// Waits until a configuration can be read that is right.
    private func nextGood() async -> Running? {
        for await _ in asked.stream {
            told.continuation.yield(.reloading)
            do { return try read() } catch {
                ground.metrics.showReload(isGood: false)
                ground.logger.error(
                    "the configuration is wrong, and nothing was changed; mend it and send SIGHUP again",
                    metadata: ["error": "\(error)"])
                told.continuation.yield(.reloaded)
            }
        }
        return nil
    }

    private func read() throws -> Running {
        var next = try ConfigurationFile.load(path)
        // As it will be at the next start, too.
        _ = try StatusAccess(next)
        for name in next.keepFixed(running.value.configuration) {
            ground.logger.warning(
                "\(name) was changed; it stays as it was until nexo-watch is started again",
                metadata: ["config": "\(path)"])
        }
        return Running(
            configuration: next, access: try StatusAccess(next), watcher: try Watcher(next, on: ground))
    }
}
