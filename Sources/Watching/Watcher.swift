public import Foundation
public import Logging
public import ServiceLifecycle
public import Telemetry
import Tracing
import TransparencyLog

/// The daemon: one task a log, and a fault in one never stops another.
public struct Watcher: Service {
    /// What a message that is under way at a stop still has, at most.
    public static let stopTakes = SinkQueue.Policy.grace

    private let ground: WatchGround
    private let logs: [LogWatcher]
    private let sources: [CurlLogSource]
    private let clockTolerance: Int
    private let alerts: AlertService
    private let announcer: Announcer
    private let retention: Retention
    private let board = PollBoard()
    private let keeper: StatusKeeper
    private var logger: Logger { ground.logger }
    private var clock: ClockWatch { ground.clock }
    let gossipService: GossipService?
    /// What the site shows of these logs.
    public let status: StatusReader
    /// What peers and submitters are answered; nil where no gossip is configured.
    public var gossip: GossipAPI? { gossipService?.api }

    public init(
        configuration: WatchConfiguration, registry: PrometheusRegistry, logger: Logger, readiness: Readiness,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(Date().timeIntervalSince1970, 0)) }
    ) throws {
        let ground = try WatchGround(
            configuration, registry: registry, logger: logger, readiness: readiness, now: now)
        try self.init(configuration, on: ground)
    }

    /// Reads all files that the configuration names, each once, and changes nothing that a running watcher shows.
    init(_ configuration: WatchConfiguration, on ground: WatchGround) throws {
        self.ground = ground
        let watched = try configuration.watchedLogs()
        let (store, metrics, logger) = (ground.store, ground.metrics, ground.logger)
        alerts = try AlertService(
            configuration, logs: watched, store: store, registry: ground.registry, watchMetrics: metrics,
            pulses: ground.pulses, logger: logger, now: ground.now)
        announcer = Announcer(folder: configuration.evidence, troubles: alerts.troubles, logger: logger)
        clockTolerance = configuration.limits.clockTolerance
        retention = Retention(store: store, policy: configuration.retention, logger: logger, clock: ground.clock)
        keeper = StatusKeeper(
            board: board, store: store, path: configuration.store, metrics: metrics, logger: logger)
        // By the clock that polls are noted by.
        status = StatusReader(
            logs: watched, store: ground.statusStore, board: board, now: { [clock = ground.clock] in clock.now() })
        let shared = SharedBounds(configuration.limits)
        // Last: they have threads, which nobody would end if something else were wrong.
        let sources = try CurlLogSource.shared(among: watched.flatMap(\.vantages), limits: configuration.limits)
        self.sources = Array(sources.values)
        logs = watched.map { [announcer] log in
            LogWatcher(
                log: log,
                points: log.vantages.compactMap { vantage in
                    sources[vantage.transport].map { VantagePoint(name: vantage.name, source: $0) }
                }, store: store, announcer: announcer, metrics: metrics, clock: ground.clock, shared: shared,
                scratch: ScratchFile.folder(beside: configuration.store))
        }
        do { gossipService = try GossipService(configuration, logs: logs, on: ground) } catch {
            for source in sources.values { source.stop() }
            throw error
        }
    }

    /// Polls until the service is told to stop.
    ///
    /// - Throws: `DamagedStore` or SQLite's error where the database is damaged: whoever goes on with it may forget a fork.
    public func run() async throws {
        defer { stop() }
        await prepare()
        try await cancelWhenGracefulShutdown { try await watch() }
        await finish()
    }

    /// Polls until the task is cancelled.
    func watch() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await alerts.run() }
            for (place, log) in logs.enumerated() {
                let start = PollPace.start(of: place, among: logs.count, interval: log.log.interval)
                for point in log.points {
                    group.addTask {
                        let patience = Duration.seconds(log.log.limits.timeout) + LoopPulse.leeway
                        try await ground.pulses.watch("\(log.log.name) at \(point.name)", patience: patience) {
                            try await watch(log, point, after: start)
                        }
                    }
                }
            }
            group.addTask { try await retention.run() }
            group.addTask { await keeper.run() }
            group.addTask { try await gossipService?.run() }
            try await group.waitForAll()
        }
    }

    /// One poll of each log, for `--once` and for scripts.
    public func runOnce() async -> [LogReport] {
        var reports: [LogReport] = []
        await prepare()
        for log in logs {
            let polls = await pollAllVantages(log)
            let failures = polls.compactMap(\.failure)
            var report = LogReport(
                name: log.log.name, failure: failures.isEmpty ? nil : failures.joined(separator: "; "),
                severities: polls.reduce(into: []) { $0.formUnion($1.severities) })
            let position = try? await log.store.position(of: log.log.logID)
            report.verifiedSize = position?.verifiedSize ?? 0
            report.assurance = position?.assurance ?? .unlinked
            report.verifiedHeads = Int(position?.verifiedCount ?? 0)
            report.findings = (try? await log.store.findings(of: log.log.logID)) ?? []
            reports.append(report)
        }
        await keeper.keep()
        await alerts.deliverOnce()
        return reports
    }

    /// Ends the threads of the fetchers; `run` does so itself.
    public func stop() {
        for source in sources { source.stop() }
        gossipService?.stop()
    }

    /// At the end of the process, behind `stop`.
    public func settle() { ground.settle() }

    private func pollAllVantages(_ log: LogWatcher) async -> [PollResult] {
        await withTaskGroup(of: PollResult.self) { group in
            for point in log.points {
                group.addTask {
                    var memory = PollMemory()
                    var result = await poll(log, point, &memory)
                    var standstills = 0
                    while memory.readsOn != nil, result.failure == nil {
                        standstills = result.goesOn ? 0 : standstills + 1
                        if standstills > 3 {
                            result.failure = "the leaves change again and again while they are read"
                            break
                        }
                        let severities = result.severities
                        result = await poll(log, point, &memory)
                        result.severities.formUnion(severities)
                    }
                    if log.points.count > 1 { result.failure = result.failure.map { "\(point.name): \($0)" } }
                    return result
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// What is known of a log belongs to its log_id, which the first windows of its trust file make.
    private func tellOfOtherLogs() async {
        guard let known = try? await ground.store.logs() else { return }
        for log in logs.map(\.log) where !known.contains(where: { $0.logID == log.logID }) {
            guard let other = known.last(where: { $0.name == log.name }) else { continue }
            logger.warning(
                """
                another log_id than before: what is known under this name, its alerts too, stays with the old one; if only a key was \
                rotated, the trust file must keep the windows that were there
                """,
                metadata: ["log": "\(log.name)", "log_id": "\(log.logID)", "before": "\(other.logID)"])
        }
    }

    /// Takes over from a watcher that has ended, or from nobody: what is known from before is shown, then told.
    func prepare(after previous: Watcher? = nil) async {
        let before = Dictionary(previous?.logs.map { ($0.log.name, $0.log.logID) } ?? []) { first, _ in first }
        let goingOn = logs.map(\.log).filter { before[$0.name] == $0.logID }
        if let previous {
            ground.metrics.keep(
                logs: goingOn, sinks: Set(alerts.sinks).intersection(previous.alerts.sinks),
                gossip: gossipService?.configuration)
            clock.change(
                tolerance: clockTolerance,
                hosts: Set(logs.map { VantagePoint.server(of: $0.log.url) }))
            await alerts.adopt(previous.alerts)
        }
        let names = Set(goingOn.map(\.name))
        gossipService?.prepare(after: previous?.gossipService, logs: names)
        for log in logs.map(\.log) {
            if let problem = log.watchListProblem { logger.warning("\(problem)", metadata: ["log": "\(log.name)"]) }
        }
        await tellOfOtherLogs()
        await prepareAlerts()
        for log in logs {
            await prepare(log, isNew: !names.contains(log.log.name))
            LoopPulse.current?.works()
        }
        await announceRemoved()
        await ground.readiness.set()
    }

    /// Before the end: messages that are under way arrive, or fail in their time, and none is begun. Polls go on.
    func drain() async { await alerts.drain() }

    /// After the end, also where that was a cancellation.
    func finish() async {
        stop()
        await Task { await keeper.keep() }.value
    }

    private func prepareAlerts() async {
        do { try await alerts.prepare() } catch { complain("what is due cannot be read", error) }
    }

    private func announceRemoved() async {
        do {
            try await announcer.announceRemoved(besides: Set(logs.map(\.log.logID)), ground.store)
        } catch { complain("what is owed of removed logs cannot be told", error) }
    }

    /// Not where the start itself is ended, by a port that is taken for one: then nothing is wrong with the store.
    private func complain(_ message: Logger.Message, _ error: any Error, _ log: LogWatcher? = nil) {
        if error is CancellationError, Task.isCancelled { return }
        var metadata: Logger.Metadata = ["error": "\(error)"]
        if let log { metadata["log"] = "\(log.log.name)" }
        logger.error(message, metadata: metadata)
    }

    /// What is known from before: positions and latched forks first, then alerts and files that a crash held back.
    private func prepare(_ log: LogWatcher, isNew: Bool) async {
        var remembered = RememberedLog()
        do {
            remembered.position = try await log.store.position(of: log.log.logID)
            remembered.hasFork = try await log.store.hasFork(log.log.logID)
            if let poll = try await status.store.polls([log.log.logID])[log.log.logID] {
                board.restore([log.log.logID: poll])
                remembered.lastSuccess = poll.successAt ?? 0
            }
        } catch { complain("what was stored cannot be read", error, log) }
        log.metrics.prepare(log.log, isNew: isNew, remembered: remembered)
        do {
            log.metrics.showSigners(
                log.log, try await status.store.newestHeads(of: log.log.logID, limit: StatusAPI.activityHeads))
            let isFollowed = log.log.watchList != nil
            log.metrics.show(
                log.log, watchedIDs: isFollowed ? try await log.store.watchedIDs(of: log.log.logID) : 0)
            if remembered.hasFork { log.metrics.latchFork(log.log) }
            try await log.announcer.announce(log.log.reference, log.store)
            try await log.announcer.restoreEvidence(log.log.reference, log.store)
        } catch { complain("what was stored cannot be shown", error, log) }
    }

    /// One vantage of a log never waits for another one, nor for another log.
    private func watch(_ log: LogWatcher, _ point: VantagePoint, after start: Duration) async throws {
        var memory = PollMemory()
        var pace = PollPace(interval: log.log.interval, maximum: .seconds(log.log.limits.backoffMax))
        LoopPulse.current?.sleeps(for: start)
        try? await Task.sleep(for: start)
        while !Task.isCancelled {
            LoopPulse.current?.works()
            let begun = ContinuousClock.now
            let result = await poll(log, point, &memory)
            if let damage = result.damage { throw damage }
            if result.goesOn { continue }
            let wait =
                result.failure == nil
                ? pace.afterSuccess(took: ContinuousClock.now - begun)
                : pace.afterFailure(retryAfter: result.retryAfter)
            LoopPulse.current?.sleeps(for: wait)
            try? await Task.sleep(for: wait)
        }
    }

    /// What came of a poll: why it failed, or what was found.
    private struct PollResult {
        var failure: String?
        /// Seconds that the server asked us to wait.
        var retryAfter: Int?
        var severities: Set<Severity> = []
        /// Whether the next poll follows at once: there are more leaves, and this one came further than the one before.
        var goesOn = false
        /// Why the database cannot be used.
        var damage: (any Error)?
    }

    private func poll(_ log: LogWatcher, _ point: VantagePoint, _ memory: inout PollMemory) async -> PollResult {
        await withSpan("poll") { span in
            span.updateAttributes { attributes in
                attributes["nexo.log"] = log.log.name
                attributes["nexo.vantage"] = point.name
            }
            return await poll(log, point, &memory, span)
        }
    }

    private func poll(
        _ log: LogWatcher, _ point: VantagePoint, _ memory: inout PollMemory, _ span: any Span
    ) async -> PollResult {
        log.metrics.polled(log.log, at: point.name)
        let begun = ContinuousClock.now
        let before = memory.readsOn ?? 0
        defer { log.metrics.took(ContinuousClock.now - begun, log.log) }
        do {
            let outcome = try await log.poll(at: point, &memory)
            span.tell(outcome)
            log.metrics.succeeded(
                log.log, outcome.position, verified: outcome.verified, waiting: outcome.waiting, now: clock.now())
            board.succeeded(log.log.logID, at: clock.now())
            if outcome.showsNothing, !memory.isToldEmpty {
                memory.isToldEmpty = true
                logger.warning(
                    "\(WatchedLog.showsNothing)", metadata: ["log": "\(log.log.name)", "vantage": "\(point.name)"])
            }
            await showSigners(log, verified: outcome.verified)
            try await alerts.monitor.succeeded(
                log.log, at: point.name, outcome.position, readsOn: outcome.readsOn, showsNothing: outcome.showsNothing)
            return PollResult(severities: outcome.severities, goesOn: outcome.readsOn.map { $0 > before } ?? false)
        } catch {
            span.fail(error)
            if Task.isCancelled { return PollResult(failure: "\(error)") }
            let failure = error as? FetchError
            let reason = failure?.reason ?? .other
            log.metrics.failed(log.log, at: point.name, reason)
            board.failed(log.log.logID, "\(error)", at: clock.now())
            await alerts.monitor.failed(log.log, at: point.name, error)
            logger.warning(
                "poll failed",
                metadata: [
                    "log": "\(log.log.name)", "vantage": "\(point.name)", "reason": "\(reason.rawValue)",
                    "error": "\(error)",
                ])
            return PollResult(
                failure: "\(error)", retryAfter: failure?.retryAfter, damage: error.isStoreDamage ? error : nil)
        }
    }

    /// Who signed what this poll brought; all of it, or as many as are counted anywhere.
    private func showSigners(_ log: LogWatcher, verified: Int64) async {
        guard verified > 0 else { return }
        let count = min(verified, Int64(StatusAPI.activityHeads))
        do {
            log.metrics.showSigners(
                log.log, try await status.store.newestHeads(of: log.log.logID, limit: Int(count)))
        } catch { complain("the signers cannot be shown", error, log) }
    }
}

extension Span {
    /// What a poll found, as numbers.
    fileprivate func tell(_ outcome: LogWatcher.Outcome) {
        updateAttributes { attributes in
            attributes["nexo.tree_size"] = Int(clamping: outcome.position.verifiedSize)
            attributes["nexo.heads.verified"] = outcome.verified
            attributes["nexo.heads.waiting"] = outcome.waiting
            let severities = outcome.severities.map(\.rawValue).sorted()
            if !severities.isEmpty { attributes["nexo.findings"] = severities }
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
    /// How far what is verified can be relied on.
    public internal(set) var assurance = Assurance.unlinked
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
