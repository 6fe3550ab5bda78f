import TransparencyLog

/// Heads that had no quorum when they were judged, under another trust file than the one that is pinned now.
extension LogWatcher {
    /// In one poll; the next one goes on.
    private static let time = Duration.seconds(2)

    /// Judges them by the keys that are pinned now, as they are stored: the log need not show them again, and a fork among them
    /// would be told to nobody.
    ///
    /// - Returns: whether none is left.
    func judgeAnew(at point: VantagePoint) async throws -> Bool {
        let trust = Digest.sha256(log.verifier.trust.json.bytes())
        let end = ContinuousClock.now + Self.time
        repeat {
            try Task.checkCancellation()
            let unsettled = try await store.unsettled(of: log.logID, under: trust)
            guard let last = unsettled.last else { return true }
            let position = try await store.position(of: log.logID)
            var judge = PollJudge(
                log: log, vantage: point.name, position: position, chain: chain(position),
                budget: PollBudget(log.limits), now: clock.now())
            // What the configuration calls too long by now was none when it came, and is not told of as a malformed head.
            let heads = unsettled.filter { $0.raw.count <= log.limits.headBytes }
            try await judgePart(heads.map { $0.raw[...] }, position, &judge, withPending: true)
            try await checkPassed(&judge)
            var outcome = Outcome(position: position)
            try await commit(&judge, &outcome, isLast: false)
            try await store.markJudged(log.logID, under: trust, upTo: last.id)
        } while ContinuousClock.now < end
        return false
    }
}
