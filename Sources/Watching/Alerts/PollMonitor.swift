import TransparencyLog

/// Counts how the polls of each log go: what fails or stands still for too long is a trouble, and no heartbeat is sent.
actor PollMonitor {
    private struct Log {
        /// Failures in a row, at each vantage.
        var failures: [String: Int] = [:]
        /// Polls in a row that showed no head, where none was ever seen, at each vantage.
        var empty: [String: Int] = [:]
        /// Polls since the last head was verified, while heads waited for their leaves.
        var stuck = 0
        /// Nil before the first poll.
        var verifiedCount: Int64?
        /// Leaves that were read at most since then, at each vantage, and that no head vouches for yet.
        var furthest: [String: UInt64] = [:]
        /// When a poll last succeeded since the watch began.
        var succeeded: ContinuousClock.Instant?
        /// How long polls may fail before that is a trouble.
        let patience: Duration
        let vantages: Set<String>
    }

    /// More are not counted.
    private static let pendingLimit = 100_000
    /// Fewer in a poll that leaves off for want of time are a log that drips them.
    private static let leavesOfAPoll: UInt64 = 1_000

    private let store: any AlertStore
    private let troubles: TroubleDesk
    private let failingPolls: Int
    private var logs: [String: Log] = [:]

    init(logs: [WatchedLog], store: any AlertStore, troubles: TroubleDesk, failingPolls: Int) {
        self.store = store
        self.troubles = troubles
        self.failingPolls = failingPolls
        for log in logs {
            let once = log.interval + .seconds(log.limits.timeout)
            self.logs[log.logID] = Log(
                patience: once * failingPolls, vantages: Set(log.vantages.map(\.name)))
        }
    }

    /// Goes on counting where another one ended, for the logs and vantages that both know.
    func adopt(_ other: PollMonitor) async {
        for (id, before) in await other.logs {
            guard var log = logs[id] else { continue }
            log.failures = before.failures.filter { log.vantages.contains($0.key) }
            log.empty = before.empty.filter { log.vantages.contains($0.key) }
            log.furthest = before.furthest.filter { log.vantages.contains($0.key) }
            (log.stuck, log.verifiedCount, log.succeeded) = (before.stuck, before.verifiedCount, before.succeeded)
            logs[id] = log
        }
    }

    /// Whether each log was polled with success in time.
    func isTimely(at now: ContinuousClock.Instant = .now) -> Bool {
        logs.values.allSatisfy { log in log.succeeded.map { now <= $0 + log.patience } ?? false }
    }

    func failed(_ log: WatchedLog, at vantage: String, _ error: any Error) async {
        logs[log.logID]?.failures[vantage, default: 0] += 1
        guard let failures = logs[log.logID]?.failures[vantage], failures >= failingPolls else { return }
        await troubles.raise(
            trouble(.pollsFailing, log, "\(failures) polls in a row failed at vantage \(vantage): \(error)"))
    }

    /// A vantage that fails is a trouble while others see the log: it may be shown something else.
    ///
    /// - Parameters:
    ///   - readsOn: leaves that were read, by this poll and those before it, where the next one goes on behind them. To come
    ///     further than ever since the last head was verified is no standstill; to begin again and again is one.
    ///   - showsNothing: whether the log never showed a head.
    func succeeded(
        _ log: WatchedLog, at vantage: String, _ position: LogPosition, readsOn: UInt64? = nil,
        showsNothing: Bool = false
    ) async throws {
        logs[log.logID]?.failures[vantage] = 0
        logs[log.logID]?.succeeded = .now
        // Each vantage, after a restart too: one that was not polled since may be the one that fails.
        let allSucceed = logs[log.logID].map { log in log.vantages.allSatisfy { log.failures[$0] == 0 } } ?? false
        if allSucceed { await troubles.resolve(trouble(.pollsFailing, log)) }
        await noteEmptiness(log, at: vantage, showsNothing)
        let pending = log.hasLeaves ? try await store.pendingCount(of: log.logID, limit: Self.pendingLimit) : 0
        guard var state = logs[log.logID] else { return }
        // The first poll since the start shows what is verified, and not that anything is.
        let isFirst = state.verifiedCount == nil
        let verifies = !isFirst && state.verifiedCount != position.verifiedCount
        if verifies { state.furthest = [:] }
        let comesOn = readsOn.map { $0 >= state.furthest[vantage, default: 0] + Self.leavesOfAPoll } ?? false
        if comesOn { state.furthest[vantage] = readsOn }
        state.stuck = pending > 0 && !isFirst && !verifies && !comesOn ? state.stuck + 1 : 0
        state.verifiedCount = position.verifiedCount
        logs[log.logID] = state
        if state.stuck >= failingPolls {
            await troubles.raise(
                trouble(
                    .backlogStuck, log,
                    "\(pending) heads wait for their leaves; the newest verified size is \(position.verifiedSize)"))
        } else if state.stuck == 0, !isFirst || pending == 0 {
            await troubles.resolve(trouble(.backlogStuck, log))
        }
    }

    /// A mistyped address answers as an empty log does, and so does a log that hides all its heads from us: a poll of
    /// either succeeds, and would say for ever that all is well.
    private func noteEmptiness(_ log: WatchedLog, at vantage: String, _ showsNothing: Bool) async {
        guard showsNothing else {
            logs[log.logID]?.empty = [:]
            return await troubles.resolve(trouble(.noHeads, log))
        }
        logs[log.logID]?.empty[vantage, default: 0] += 1
        guard let empty = logs[log.logID]?.empty[vantage], empty >= failingPolls else { return }
        await troubles.raise(
            trouble(.noHeads, log, "\(empty) polls in a row at vantage \(vantage): \(WatchedLog.showsNothing)"))
    }

    private func trouble(_ kind: AlertKind.Trouble, _ log: WatchedLog, _ detail: String = "") -> RaisedTrouble {
        // What a server wrote may be quoted in an error.
        RaisedTrouble(
            kind: kind, logID: log.logID, logName: log.name, detail: PlainText.bounded(detail, maximumBytes: 500))
    }
}
