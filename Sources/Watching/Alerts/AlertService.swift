import Logging
import Telemetry

/// Tells people: each sink has its own task and its own queue, so that one that fails or is slow holds nobody up.
struct AlertService: Sendable {
    /// How often the store is asked what is due.
    static let tick = Duration.seconds(1)
    /// How often the metrics are brought up to date.
    static let refreshInterval = Duration.seconds(2)

    let troubles: TroubleDesk
    let monitor: PollMonitor
    /// By name.
    var sinks: [String] { queues.map(\.sink.name) }
    let queues: [SinkQueue]
    /// The longest that a message to each sink may take.
    private let timeouts: [Duration]
    private let pulses: LoopPulses
    private let metrics: AlertMetrics
    private let heartbeat: HeartbeatSender?
    private let board: AlertBoard
    private let start = AlertStart()
    private let store: any AlertStore
    private let turn: DeliveryTurn
    private let onceTimeout: Duration
    private let logger: Logger
    private let now: @Sendable () -> UInt64

    /// - Parameters:
    ///   - sinks: nil: those of the configuration.
    ///   - steady: the clock that waiting goes by.
    ///   - grace: what a message that is under way at the end still has.
    /// - Throws: where the files of the sinks are not as they should be.
    init(
        _ configuration: WatchConfiguration, logs: [WatchedLog], store: any AlertStore, sinks: [any AlertSink]? = nil,
        registry: PrometheusRegistry, watchMetrics: WatchMetrics, pulses: LoopPulses = LoopPulses(), logger: Logger,
        steady: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, grace: Duration = SinkQueue.Policy.grace,
        now: @escaping @Sendable () -> UInt64
    ) throws {
        let alerts = configuration.alerts
        let sinks = try sinks ?? configuration.alertSinks(now: now)
        let metrics = AlertMetrics(registry: registry)
        let writer = MessageWriter(configuration, logs: logs, store: store)
        let turn = DeliveryTurn(beside: configuration.store, logger: logger)
        let troubles = TroubleDesk(store: store, turn: turn, logger: logger, now: now)
        let policy = SinkQueue.Policy(
            groupInterval: alerts.groupInterval,
            backOff: Backoff(first: alerts.retryFirst, maximum: alerts.retryMax),
            failingDeliveries: alerts.failingDeliveries, grace: grace)
        let queues = sinks.map {
            SinkQueue(
                sink: $0, store: store, writer: writer, troubles: troubles, metrics: metrics, policy: policy,
                logger: logger, steady: steady, now: now)
        }
        self.queues = queues
        let monitor = PollMonitor(
            logs: logs, store: store, troubles: troubles, failingPolls: alerts.failingPolls)
        heartbeat = try alerts.heartbeat.map {
            try HeartbeatSender(
                $0, monitor: monitor, store: store,
                canTell: {
                    // One message that the only sink refuses is told to nobody else: somebody has to look.
                    for queue in queues where await !queue.isFailing { return true }
                    return queues.isEmpty
                }, logger: logger, now: now)
        }
        board = AlertBoard(
            logs: logs, sinks: sinks.map { ($0.name, policy.holding($0)) }, store: store, metrics: metrics,
            watchMetrics: watchMetrics, now: now)
        onceTimeout = alerts.onceTimeout
        timeouts = alerts.sinks.map(\.timeout)
        self.turn = turn
        self.pulses = pulses
        self.metrics = metrics
        self.monitor = monitor
        self.troubles = troubles
        self.store = store
        self.logger = logger
        self.now = now
    }

    /// Before the first poll: what is open and due from before.
    func prepare() async throws {
        for sink in sinks { metrics.prepare(sink: sink) }
        try await start.once { try await begin() }
        try await board.refresh()
    }

    /// Names the queues, and reads which troubles are open. Tried again until it is done: without it a new sink is told
    /// nothing, and what was open before a start on a full disk would never end.
    ///
    /// - Returns: false where another process tells. It may have other sinks and logs, and its queues are not ours to name.
    private func begin() async throws -> Bool {
        guard turn.take() else { return false }
        defer { turn.giveBack() }
        try await store.openQueues(queues.map(\.sink.name), at: now())
        try await troubles.load()
        // A sink, or a log, that is gone fails no longer.
        await troubles.keep(logs: Set(board.logs.map(\.logID)), sinks: Set(queues.map(\.sink.name)))
        return true
    }

    /// Whoever told before may have named sinks of its own.
    private func beginAnew() async {
        // Where it fails, it is tried again before the board is refreshed next, which says why.
        try? await start.anew { try await begin() }
    }

    /// Before the end: nothing more is begun, and what is under way is waited for.
    func drain() async {
        await withTaskGroup(of: Void.self) { group in
            for queue in queues { group.addTask { await queue.drain() } }
        }
    }

    /// Goes on where another one ended.
    func adopt(_ other: AlertService) async {
        await monitor.adopt(other.monitor)
        for queue in queues {
            guard let before = other.queues.first(where: { $0.sink.name == queue.sink.name }) else { continue }
            await queue.adopt(before)
        }
    }

    /// Until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await deliver() }
            group.addTask { await refresh() }
            if let heartbeat { group.addTask { await heartbeat.run(every: Self.tick) } }
        }
    }

    private func deliver() async {
        var isWaiting = false
        while !turn.take() {
            if Task.isCancelled { return }
            if !isWaiting { logger.warning("alerts wait: another process delivers those of this store") }
            isWaiting = true
            try? await Task.sleep(for: Self.tick)
        }
        defer { turn.giveBack() }
        await beginAnew()
        await withTaskGroup(of: Void.self) { group in
            for (queue, timeout) in zip(queues, timeouts) {
                group.addTask {
                    await pulses.watch("sink \(queue.sink.name)", patience: timeout + LoopPulse.leeway) {
                        await queue.run(every: Self.tick)
                    }
                }
            }
        }
    }

    private func refresh() async {
        while !Task.isCancelled {
            await refreshBoard()
            try? await Task.sleep(for: Self.refreshInterval)
        }
    }

    func refreshBoard() async {
        do {
            try await start.once { try await begin() }
            // Read before the store is: what is raised or ends meanwhile is newer than what it says.
            let before = await troubles.changes
            await troubles.know(try await board.refresh(), since: before)
        } catch {
            if !Task.isCancelled { logger.error("alerts cannot be shown", metadata: ["error": "\(error)"]) }
        }
    }

    /// Tells what is due, once, for `--once`; what does not arrive in time stays due.
    func deliverOnce() async {
        guard turn.take() else {
            logger.info("another process delivers the alerts of this store")
            return await refreshBoard()
        }
        await beginAnew()
        await refreshBoard()
        await withTaskGroup(of: Bool.self) { group in
            for queue in queues {
                group.addTask {
                    while await queue.round() > 0 {}
                    return true
                }
            }
            group.addTask {
                try? await Task.sleep(for: onceTimeout)
                return false
            }
            var working = queues.count
            while working > 0, await group.next() == true { working -= 1 }
            group.cancelAll()
        }
        turn.giveBack()
        await refreshBoard()
    }
}
