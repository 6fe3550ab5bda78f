import TransparencyLog

/// Watches one log. A poll reads like this:
///
///     fetch the newest heads, until they meet what is known
///     verify their signatures
///     judge them in the order of the chain
///     recompute their roots from the leaves
///     store heads, position, findings and evidence in one transaction
///     write the evidence's files, then tell people
///
/// Each of these steps is a file beside this one; what a head or a chain must be is decided by none of them, but by
/// `PollJudge` and the rules of `TransparencyLog` behind it.
struct LogWatcher: Sendable {
    let log: WatchedLog
    let points: [VantagePoint]
    let store: any HeadStore
    let announcer: Announcer
    let metrics: WatchMetrics
    let clock: ClockWatch
    /// Bounds that all logs share.
    let shared: SharedBounds
    /// The folder for hashes of leaves that memory has no room for.
    let scratch: String
    /// One answer of a log is judged at a time, whatever its vantages.
    let turn = Gate(places: 1)

    struct Outcome: Sendable {
        var position: LogPosition
        /// The severities of all that was found in this poll, stored before or not.
        var severities: Set<Severity> = []
        /// Heads that were verified in this poll.
        var verified: Int64 = 0
        /// Heads that wait for their leaves.
        var waiting = 0
        /// Leaves that were read in this poll and before, where the next poll goes on behind them.
        var readsOn: UInt64?
        /// Whether the log never showed a head, and did not now.
        var showsNothing = false
    }

    /// Seconds that a poll in a small place may take for leaves.
    private static let smallTime = 5

    /// Polls at one vantage.
    ///
    /// - Throws: why something could not be fetched, after all that could be judged without it is stored and told.
    func poll(at point: VantagePoint, _ memory: inout PollMemory) async throws -> Outcome {
        let host = point.host(of: log.url)
        var isLarge = memory.readsOn != nil
        var places: PollPlaces { isLarge ? shared.catchUps : shared.polls }
        await places.enter(host)
        do {
            try Task.checkCancellation()
            let fetched = try await fetch(point, memory) {
                // A large answer takes its place among those alone.
                if isLarge { return }
                await places.leave(host)
                isLarge = true
                await places.enter(host)
            }
            let time = isLarge ? log.limits.leavesTime : min(log.limits.leavesTime, Self.smallTime)
            let outcome = try await inTurn { try await settle(fetched, point, &memory, time: .seconds(time)) }
            memory.readsOn = outcome.readsOn
            await places.leave(host)
            return outcome
        } catch {
            await places.leave(host)
            throw error
        }
    }

    func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
        await turn.enter()
        return try await leavingTurn(after: body)
    }

    /// For who has entered.
    func leavingTurn<Result>(after body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            await turn.leave()
            return result
        } catch {
            await turn.leave()
            throw error
        }
    }

    private func settle(
        _ fetched: Result<ChainFetcher.Answer, FetchError>, _ point: VantagePoint, _ memory: inout PollMemory,
        time: Duration
    ) async throws -> Outcome {
        if !memory.isJudgedAnew { memory.isJudgedAnew = try await judgeAnew(at: point) }
        let position = try await store.position(of: log.logID)
        var outcome = Outcome(position: position)
        var failure: FetchError?
        switch fetched {
        case .success(let answer):
            failure = try await judge(answer, point, &memory, &outcome, time: time)
            memory.chain = answer.validators
            if !answer.isUnchanged { memory.isEmpty = answer.elements.isEmpty }
        case .failure(let error):
            // Nothing is shown: the age of what is verified is judged all the same.
            var judge = PollJudge(
                log: log, vantage: point.name, position: position, chain: chain(position),
                budget: PollBudget(log.limits),
                now: clock.now())
            reportStanding(&judge)
            try await commit(&judge, &outcome, isLast: true)
            failure = error
        }
        // What an earlier poll could not tell is told now.
        try await announcer.announce(log.reference, store)
        if let failure { throw failure }
        outcome.position = try await store.position(of: log.logID)
        outcome.verified = outcome.position.verifiedCount - position.verifiedCount
        outcome.showsNothing = memory.isEmpty && outcome.position.hasNothing
        return outcome
    }

}
