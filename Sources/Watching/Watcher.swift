public import Foundation
public import Logging
public import ServiceLifecycle
public import Telemetry
import TransparencyLog

/// The daemon: one task a log, and a fault in one never stops another.
public struct Watcher: Service {
    private let logs: [LogWatcher]
    private let source: CurlLogSource
    private let gate: Gate
    private let alerts: AlertService
    private let logger: Logger
    private let readiness: Readiness
    private let board = PollBoard()
    private let keeper: StatusKeeper
    /// What the site shows of these logs.
    public let status: StatusReader

    public init(
        configuration: WatchConfiguration, registry: PrometheusRegistry, logger: Logger, readiness: Readiness,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(Date().timeIntervalSince1970, 0)) }
    ) throws {
        let watched = try configuration.watchedLogs()
        let store = try SQLiteStore(path: configuration.store)
        let source = try CurlLogSource()
        let metrics = WatchMetrics(registry: registry)
        alerts = try AlertService(
            configuration, logs: watched, store: store, registry: registry, watchMetrics: metrics, logger: logger,
            now: now)
        let announcer = Announcer(folder: configuration.evidence, troubles: alerts.troubles, logger: logger)
        for log in watched { metrics.prepare(log) }
        self.source = source
        self.logger = logger
        self.readiness = readiness
        gate = Gate(places: configuration.limits.fetches)
        keeper = StatusKeeper(
            board: board, store: store, path: configuration.store, metrics: metrics, logger: logger)
        status = StatusReader(
            logs: watched, store: try SQLiteStatus(path: configuration.store), board: board, now: now)
        let catchUp = Gate(places: configuration.limits.polls)
        logs = watched.map {
            LogWatcher(
                log: $0, store: store, source: source, announcer: announcer, metrics: metrics, catchUp: catchUp,
                now: now)
        }
    }

    /// Polls until the service is told to stop.
    public func run() async throws {
        await prepareAlerts()
        for log in logs { await prepare(log) }
        await readiness.set()
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await alerts.run() }
                for log in logs { group.addTask { await watch(log) } }
                group.addTask { await keeper.run() }
            }
        }
        await keeper.keep()
        source.stop()
    }

    /// One poll of each log, for `--once` and for scripts.
    public func runOnce() async -> [LogReport] {
        var reports: [LogReport] = []
        await prepareAlerts()
        for log in logs {
            await prepare(log)
            let poll = await poll(log)
            var report = LogReport(name: log.log.name, failure: poll.failure, severities: poll.severities)
            let position = try? await log.store.position(of: log.log.logID)
            report.verifiedSize = position?.verifiedSize ?? 0
            report.verifiedHeads = Int(position?.verifiedCount ?? 0)
            report.findings = (try? await log.store.findings(of: log.log.logID)) ?? []
            reports.append(report)
        }
        await keeper.keep()
        await alerts.deliverOnce()
        return reports
    }

    /// Ends the thread of the fetcher; `run` does so itself.
    public func stop() { source.stop() }

    private func prepareAlerts() async {
        do { try await alerts.prepare() } catch {
            logger.error("what is due cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// What is known from before: positions and latched forks first, then alerts and files that a crash held back.
    private func prepare(_ log: LogWatcher) async {
        do {
            log.metrics.show(log.log, try await log.store.position(of: log.log.logID))
            if let poll = try await status.store.polls([log.log.logID])[log.log.logID] {
                board.restore([log.log.logID: poll])
                if let success = poll.successAt { log.metrics.showLastSuccess(log.log, at: success) }
            }
            log.metrics.showSigners(
                log.log, try await status.store.newestHeads(of: log.log.logID, limit: StatusAPI.activityHeads))
            if try await log.store.hasFork(log.log.logID) { log.metrics.latchFork(log.log) }
            try await log.announcer.announce(log.log, log.store)
            try await log.announcer.restoreEvidence(log.log, log.store)
        } catch {
            logger.error("what was stored cannot be shown", metadata: ["log": "\(log.log.name)", "error": "\(error)"])
        }
    }

    private func watch(_ log: LogWatcher) async {
        while !Task.isCancelled {
            _ = await poll(log)
            // Jitter, so that many logs with one interval do not ask all at once.
            let wait = log.log.interval * Double.random(in: 0.95...1.05)
            try? await Task.sleep(for: wait)
        }
    }

    /// What came of a poll: why it failed, or what was found.
    private struct PollResult {
        var failure: String?
        var severities: Set<Severity> = []
    }

    private func poll(_ log: LogWatcher) async -> PollResult {
        await gate.enter()
        let result = Task.isCancelled ? PollResult() : await pollNow(log)
        await gate.leave()
        return result
    }

    private func pollNow(_ log: LogWatcher) async -> PollResult {
        log.metrics.polled(log.log)
        let begun = ContinuousClock.now
        defer { log.metrics.took(ContinuousClock.now - begun, log.log) }
        do {
            let before = try await log.store.position(of: log.log.logID)
            let outcome = try await log.poll()
            log.metrics.succeeded(
                log.log, outcome.position, verified: outcome.position.verifiedCount - before.verifiedCount,
                now: log.now())
            board.succeeded(log.log.logID, at: log.now())
            await showSigners(log, before, outcome.position)
            try await alerts.monitor.succeeded(log.log, outcome.position)
            return PollResult(severities: outcome.severities)
        } catch {
            if Task.isCancelled { return PollResult(failure: "\(error)") }
            let reason = (error as? FetchError)?.reason ?? .other
            log.metrics.failed(log.log, reason)
            board.failed(log.log.logID, "\(error)", at: log.now())
            await alerts.monitor.failed(log.log, error)
            logger.warning(
                "poll failed",
                metadata: ["log": "\(log.log.name)", "reason": "\(reason.rawValue)", "error": "\(error)"])
            return PollResult(failure: "\(error)")
        }
    }

    /// Who signed what this poll brought; all of it, or as many as are counted anywhere.
    private func showSigners(_ log: LogWatcher, _ before: LogPosition, _ after: LogPosition) async {
        guard after.version != before.version else { return }
        let count = min(max(after.verifiedCount - before.verifiedCount, 1), Int64(StatusAPI.activityHeads))
        do {
            log.metrics.showSigners(
                log.log, try await status.store.newestHeads(of: log.log.logID, limit: Int(count)))
        } catch {
            logger.error("the signers cannot be shown", metadata: ["log": "\(log.log.name)", "error": "\(error)"])
        }
    }
}

/// What one poll of a log left behind, for the terminal.
public struct LogReport: Sendable {
    public let name: String
    public let failure: String?
    /// Of all that this poll found, stored before or not.
    let severities: Set<Severity>
    public internal(set) var verifiedSize: UInt64 = 0
    public internal(set) var verifiedHeads = 0
    public internal(set) var findings: [StoredFinding] = []

    init(name: String, failure: String?, severities: Set<Severity>) {
        self.name = name
        self.failure = failure
        self.severities = severities
    }

    /// 0 clean, 1 violation, 3 could not check. A violation counts for good, what was unchecked for this poll alone.
    public var exitCode: Int32 {
        if findings.contains(where: { $0.finding.severity == .violation }) { return 1 }
        return failure != nil || severities.contains(.unchecked) || verifiedHeads == 0 ? 3 : 0
    }
}
