import Logging
import Telemetry
import Tracing

/// Tells one sink what is due, in the order of need. What is due stands in the store; here is only when to try again.
///
/// A message is marked after it was taken. A crash between the two repeats it, with the same fingerprint and revision; no
/// other message comes twice.
actor SinkQueue {
    struct Policy: Sendable {
        var groupInterval: Duration
        var backOff: Backoff
        /// Failures in a row that are a trouble.
        var failingDeliveries: Int
        /// What a message under way still has where its task is cancelled. Cut off, it would be told again after every stop.
        var grace: Duration

        /// How long the next message about an alert is held back, in seconds.
        func holding(_ sink: any AlertSink) -> UInt64 {
            sink.groups ? UInt64(groupInterval.components.seconds) : 0
        }

        /// Of a daemon that is stopped.
        static let grace = Duration.seconds(3)
    }

    private struct Refusal {
        var count: Int
        var until: ContinuousClock.Instant
    }

    /// Alerts that are read at a time.
    private static let batch = 64
    /// Alerts that a sink is reminded of.
    private static let reminders = 10_000
    /// How long a sink is reminded of what ended, in seconds: Alertmanager may have been away.
    private static let endedFor: UInt64 = 300

    nonisolated let sink: any AlertSink
    private let store: any AlertStore
    private let writer: MessageWriter
    private let troubles: TroubleDesk
    private let metrics: AlertMetrics
    private let policy: Policy
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    /// The clock that waiting goes by, which nobody sets.
    private let steady: @Sendable () -> ContinuousClock.Instant

    /// Of the sink as a whole, in a row.
    private var failures = 0
    /// When the first of them was, in seconds since 1970.
    private var failingSince: UInt64?
    private var pausedUntil: ContinuousClock.Instant?
    private var refusals: [Int64: Refusal] = [:]
    /// The same of what was taken before: it is forgotten with its reminders.
    private var refusedReminders: [Int64: Refusal] = [:]
    /// Revisions that were told, and could not be marked.
    private var unmarked: [Int64: Int64] = [:]
    /// When a sink that wants to be reminded was told last.
    private(set) var reminded: [Int64: ContinuousClock.Instant] = [:]
    /// One round at a time, so that a drain can wait for it.
    private let turn = Gate(places: 1)
    private var isDrained = false

    init(
        sink: any AlertSink, store: any AlertStore, writer: MessageWriter, troubles: TroubleDesk,
        metrics: AlertMetrics, policy: Policy, logger: Logger,
        steady: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, now: @escaping @Sendable () -> UInt64
    ) {
        self.steady = steady
        self.sink = sink
        self.store = store
        self.writer = writer
        self.troubles = troubles
        self.metrics = metrics
        self.policy = policy
        self.logger = logger
        self.now = now
    }

    /// Asks the store again and again: another process may have acknowledged something.
    func run(every tick: Duration) async {
        while !Task.isCancelled {
            LoopPulse.current?.works()
            while await round() > 0 {}
            LoopPulse.current?.sleeps(for: tick)
            try? await Task.sleep(for: tick)
        }
    }

    /// - Returns: how many messages were taken, reminders not counted.
    func round() async -> Int {
        await turn.enter()
        let taken = await tell()
        await turn.leave()
        return taken
    }

    /// No message is begun any more; one that is under way is waited for, so that it need not be repeated.
    func drain() async {
        isDrained = true
        await turn.enter()
        await turn.leave()
    }

    /// What the queue before this one knows of its messages and the store does not.
    func adopt(_ other: SinkQueue) async {
        unmarked = await other.unmarked
        failingSince = await other.failingSince
        if sink.remindEvery != nil { reminded = await other.reminded }
    }

    /// Whether so many deliveries failed that others were told.
    var isFailing: Bool {
        failures >= policy.failingDeliveries
            || [refusals, refusedReminders].contains { $0.values.contains { $0.count >= policy.failingDeliveries } }
    }

    private var isStopped: Bool { isDrained || Task.isCancelled }

    private func tell() async -> Int {
        guard pausedUntil.map({ steady() >= $0 }) ?? true, !isStopped else { return 0 }
        var taken = 0
        do {
            let interval = policy.holding(sink)
            let time = now()
            let due = try await store.queued(
                for: sink.name, toldBefore: time - min(interval, time), now: time,
                limit: Self.batch + refusals.count)
            for entry in due where !isWaiting(refusals[entry.alert.id]) {
                if isStopped { return taken }
                switch try await deliver(entry.alert) {
                case .taken: taken += 1
                case .refused: continue
                case .failed: return taken
                }
            }
            try await remind(time)
        } catch {
            if Task.isCancelled { return taken }
            logger.error(
                "what is due cannot be read or marked", metadata: ["sink": "\(sink.name)", "error": "\(error)"])
            return 0
        }
        return taken
    }

    private func isWaiting(_ refusal: Refusal?) -> Bool { refusal.map { steady() < $0.until } ?? false }

    private enum Outcome {
        case taken, refused, failed
    }

    /// - Throws: where the store fails.
    private func deliver(_ alert: StoredAlert) async throws -> Outcome {
        if unmarked[alert.id] != alert.revision {
            let message = try await writer.message(of: alert)
            LoopPulse.current?.works()
            do {
                try await send(message, of: alert, isReminder: false)
            } catch {
                return try await failed(alert, error)
            }
            metrics.delivered(sink.name)
            unmarked[alert.id] = alert.revision
            if sink.remindEvery != nil { reminded[alert.id] = steady() }
        }
        // Whoever cancels: what was taken and is not marked would be told again, and that the sink works stay unsaid.
        try await Task {
            try await store.markTold(sink.name, alert: alert.id, revision: alert.revision, at: now())
            unmarked[alert.id] = nil
            refusals[alert.id] = nil
            await works()
        }.value
        return .taken
    }

    private func send(_ message: AlertMessage, of alert: StoredAlert, isReminder: Bool) async throws(SinkFailure) {
        _ = try await withEdgeSpan(
            "deliver alert", ofKind: .client,
            [
                "nexo.sink": .string(sink.name), "nexo.alert": .int64(alert.id),
                "nexo.alert.kind": .string(alert.kind.rawValue), "nexo.alert.reminder": .bool(isReminder),
            ]
        ) { [sink, policy] _ throws(SinkFailure) in
            try await withGrace(of: policy.grace) { () throws(SinkFailure) in try await sink.send(message) }
        }
    }

    private func works() async {
        (failures, failingSince) = (0, nil)
        guard !isFailing else { return }
        await troubles.resolve(trouble(""))
    }

    private func failed(_ alert: StoredAlert, _ failure: SinkFailure) async throws -> Outcome {
        // A stop is no failure of the sink's.
        if Task.isCancelled { return .failed }
        await count(alert, failure, isReminder: false)
        try await store.markFailed(sink.name, alert: alert.id, error: failure.description)
        return failure.isRefusal ? .refused : .failed
    }

    /// Waits longer, and raises a trouble once there were too many.
    private func count(_ alert: StoredAlert, _ failure: SinkFailure, isReminder: Bool) async {
        metrics.failed(sink.name)
        logger.warning(
            "an alert was not taken",
            metadata: ["sink": "\(sink.name)", "alert": "\(alert.id)", "error": "\(failure)"])
        let count: Int
        if failure.isRefusal {
            count = ((isReminder ? refusedReminders : refusals)[alert.id]?.count ?? 0) + 1
            let refusal = Refusal(count: count, until: steady() + policy.backOff.delay(after: count))
            if isReminder { refusedReminders[alert.id] = refusal } else { refusals[alert.id] = refusal }
        } else {
            failures += 1
            failingSince = failingSince ?? now()
            count = failures
            pausedUntil = steady() + policy.backOff.delay(after: count)
        }
        if count >= policy.failingDeliveries {
            await troubles.raise(trouble("\(count) deliveries in a row failed: \(failure)"))
        }
    }

    /// Tells again what goes on, and what ended a short time ago.
    private func remind(_ time: UInt64) async throws {
        guard let interval = sink.remindEvery else { return }
        // A sink that is away is tried with what ended meanwhile, too: else nothing would show that it is back.
        let since = min(time, failingSince ?? time)
        let entries = try await store.remindable(
            for: sink.name, endedSince: since - min(Self.endedFor, since), limit: Self.reminders)
        let ids = Set(entries.map(\.alert.id))
        reminded = reminded.filter { ids.contains($0.key) }
        let refusedBefore = refusedReminders.count
        refusedReminders = refusedReminders.filter { ids.contains($0.key) }
        if refusedReminders.count < refusedBefore, failures == 0 { await works() }
        for entry in entries
        where isRemindable(entry.alert.id, interval) && !isWaiting(refusedReminders[entry.alert.id]) {
            if isStopped { return }
            LoopPulse.current?.works()
            let message = try await writer.message(of: entry.alert)
            do { try await send(message, of: entry.alert, isReminder: true) } catch {
                // Not a word is lost: it was told before.
                if !Task.isCancelled { await count(entry.alert, error, isReminder: true) }
                if error.isRefusal { continue }
                return
            }
            metrics.delivered(sink.name)
            reminded[entry.alert.id] = steady()
            refusedReminders[entry.alert.id] = nil
            await Task { await works() }.value
        }
    }

    private func isRemindable(_ id: Int64, _ interval: Duration) -> Bool {
        reminded[id].map { steady() >= $0 + interval } ?? true
    }

    private func trouble(_ detail: String) -> RaisedTrouble {
        RaisedTrouble(kind: .sinkFailing, subject: sink.name, detail: detail)
    }
}
