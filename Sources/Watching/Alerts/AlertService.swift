import Logging
import Telemetry

/// Tells people: each sink has its own task and its own queue, so that one that fails or is slow holds nobody up.
struct AlertService: Sendable {
    /// How often the store is asked what is due.
    static let tick = Duration.seconds(1)

    let troubles: TroubleDesk
    let monitor: PollMonitor
    private let queues: [SinkQueue]
    private let heartbeat: HeartbeatSender?
    private let board: AlertBoard
    private let store: any AlertStore
    private let onceTimeout: Duration
    private let logger: Logger
    private let now: @Sendable () -> UInt64

    /// - Throws: where the files of the sinks are not as they should be.
    init(
        _ configuration: WatchConfiguration, logs: [WatchedLog], store: any AlertStore, registry: PrometheusRegistry,
        watchMetrics: WatchMetrics, logger: Logger, now: @escaping @Sendable () -> UInt64
    ) throws {
        let alerts = configuration.alerts
        let sinks = try configuration.alertSinks(now: now)
        let metrics = AlertMetrics(registry: registry)
        let writer = MessageWriter(configuration, logs: logs, store: store)
        let troubles = TroubleDesk(store: store, logger: logger, now: now)
        let policy = SinkQueue.Policy(
            groupInterval: alerts.groupInterval,
            backOff: BackOff(first: alerts.retryFirst, maximum: alerts.retryMax),
            failingDeliveries: alerts.failingDeliveries)
        queues = sinks.map {
            SinkQueue(
                sink: $0, store: store, writer: writer, troubles: troubles, metrics: metrics, policy: policy,
                logger: logger, now: now)
        }
        for sink in sinks { metrics.prepare(sink: sink.name) }
        let monitor = PollMonitor(
            logs: logs, store: store, troubles: troubles, failingPolls: alerts.failingPolls)
        heartbeat = try alerts.heartbeat.map {
            try HeartbeatSender($0, monitor: monitor, store: store, logger: logger, now: now)
        }
        board = AlertBoard(
            logs: logs, sinks: sinks.map(\.name), store: store, metrics: metrics, watchMetrics: watchMetrics, now: now)
        onceTimeout = alerts.onceTimeout
        self.monitor = monitor
        self.troubles = troubles
        self.store = store
        self.logger = logger
        self.now = now
    }

    /// Before the first poll: what is open and due from before.
    func prepare() async throws {
        try await store.openQueues(queues.map(\.sink.name), at: now())
        try await troubles.load()
        // A sink that is gone fails no longer.
        let names = Set(queues.map(\.sink.name))
        for key in await troubles.open(.sinkFailing) where !names.contains(key.subject) {
            await troubles.resolve(RaisedTrouble(kind: .sinkFailing, subject: key.subject))
        }
        try await board.refresh()
    }

    /// Until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for queue in queues { group.addTask { await queue.run(every: Self.tick) } }
            group.addTask { await refresh() }
            if let heartbeat { group.addTask { await heartbeat.run(every: Self.tick) } }
        }
    }

    private func refresh() async {
        while !Task.isCancelled {
            await refreshBoard()
            try? await Task.sleep(for: Self.tick)
        }
    }

    private func refreshBoard() async {
        do { try await board.refresh() } catch {
            if !Task.isCancelled { logger.error("alerts cannot be shown", metadata: ["error": "\(error)"]) }
        }
    }

    /// Tells what is due, once, for `--once`; what does not arrive in time stays due.
    func deliverOnce() async {
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
        await refreshBoard()
    }
}
