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
            try await judgePart(unsettled.filter(isReadable).map { $0.raw[...] }, position, &judge, withPending: true)
            try await checkPassed(&judge)
            var outcome = Outcome(position: position)
            try await commit(&judge, &outcome, isLast: false)
            try await store.markJudged(log.logID, under: trust, upTo: last.id)
        } while ContinuousClock.now < end
        return false
    }

    /// What is no head any more, since bounds were changed or an earlier version took more for one, is not told of as malformed.
    ///
    /// - Throws: `DamagedStore` where it is not what was stored: the log is not to blame.
    private func isReadable(_ head: UnsettledHead) throws -> Bool {
        guard Digest.sha256(head.raw) == head.rawHash else { throw DamagedStore("head_json") }
        return (try? SignedTreeHead(json: head.raw, maximumBytes: log.limits.headBytes)) != nil
    }
}
