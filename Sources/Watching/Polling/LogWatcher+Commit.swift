import TransparencyLog

/// What was judged is stored, then shown and told.
extension LogWatcher {
    func commit(_ judge: inout PollJudge, _ outcome: inout Outcome, isLast: Bool) async throws {
        var step = judge.step
        try await judge.addFindings(
            to: &step,
            .init(
                known: { try await store.known($0, logID: log.logID) },
                raw: { try await store.raw($0, logID: log.logID) },
                checkpoint: { try await store.checkpoint(of: log.logID, from: $0) },
                prefix: { try await store.prefix(of: log.logID, first: $0, second: $1, beyond: LeafList()) }))
        outcome.severities.formUnion(judge.drafts.map(\.finding.severity))
        step.resolves = over(judge, step, outcome)
        if isLast { step.unstored = judge.budget.refused }
        guard !step.isEmpty else { return }
        try await commit(step)
    }

    /// Stores a step, then shows and tells what is new in it.
    func commit(_ step: PollStep) async throws {
        let new = try await store.commit(step)
        // Before anything else can fail: what is stored is latched.
        if new.contains(where: { $0.finding.rule.isFork }) { metrics.latchFork(log) }
        metrics.countEvidence(step.evidence.count, in: log)
        if let keys = step.keyStep {
            metrics.countUnfollowed(keys.unfollowed, in: log)
            metrics.show(log, watchedIDs: try await store.watchedIDs(of: log.logID))
        }
        metrics.count(new.reduce(into: [:]) { $0[$1.finding.rule, default: 0] += 1 }, in: log)
        // Not at the end of a long catch-up alone.
        if !new.isEmpty { try await announcer.announce(log.reference, store) }
    }

    /// The rules whose alerts end with a step: the newest head is fresh again, and no head waits for its leaves.
    private func over(_ judge: PollJudge, _ step: PollStep, _ outcome: Outcome) -> Set<Rule> {
        var rules: Set<Rule> = []
        // All that is stored was found again.
        let isFound =
            step.position.leavesFoundAt != step.expected.leavesFoundAt
            && !judge.drafts.contains { $0.finding.rule == .leavesChanged }
        if isFound, outcome.waiting == 0 { rules.insert(.leavesMissing) }
        guard step.position.verifiedHash != step.expected.verifiedHash else { return rules }
        let limit = log.maxHeadAge.map { step.position.verifiedTimestamp + UInt64($0) }
        if log.frozen != nil || clock.earliest() <= limit ?? .max { rules.insert(.headStale) }
        if judge.waiting.isEmpty, !lacksStored(step.position, judge.now) { rules.insert(.leavesMissing) }
        return rules
    }
}

extension PollStep {
    /// Whether there is nothing to write.
    var isEmpty: Bool {
        heads.isEmpty && updates.isEmpty && newLeaves.isEmpty && findings.isEmpty && evidence.isEmpty
            && position == expected && unstored?.isEmpty != false && keyStep == nil
    }
}
