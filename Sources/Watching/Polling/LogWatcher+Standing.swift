import TransparencyLog

/// What holds of a log as a whole, whatever the heads of one answer.
extension LogWatcher {
    /// Another log answers here: redeployed under new keys, or behind a moved address. What is known stays; an operator
    /// decides (C8).
    func reportIdentity(_ judge: inout PollJudge, _ position: LogPosition) {
        guard let hash = position.verifiedHash else { return }
        // Once for each time: after the log itself was seen again it is told anew.
        judge.report(
            Finding(
                .logIdentityChanged, expected: "heads signed by cosigners of \(log.logID)",
                found: "none among the heads that are served"), subject: hash.bytes)
    }

    func reportStanding(_ judge: inout PollJudge) {
        let position = judge.position
        if let finding = log.verifier.standingFinding { judge.report(finding) }
        if let frozen = log.frozen {
            // The head may have been verified before anybody said where the log ended.
            if position.verifiedSize == frozen.treeSize, let hash = position.verifiedHash,
                let root = judge.heads[hash]?.known.root, root.base64 != frozen.root
            {
                judge.report(
                    Finding(
                        .frozenLogMoved, treeSize: frozen.treeSize, expected: "root \(frozen.root)",
                        found: "root \(root)"),
                    subject: hash.bytes)
            }
            if position.verifiedSize > frozen.treeSize {
                judge.report(
                    Finding(
                        .frozenLogMoved, treeSize: position.verifiedSize,
                        expected: "nothing behind size \(frozen.treeSize)", found: "a verified head"),
                    subject: position.verifiedHash?.bytes ?? [])
            }
        } else if let limit = log.maxHeadAge, let hash = position.verifiedHash,
            clock.earliest() > position.verifiedTimestamp + UInt64(limit)
        {
            judge.report(
                Finding(
                    .headStale, treeSize: position.verifiedSize, expected: "a head younger than \(limit) s",
                    found: "one of \(position.verifiedTimestamp)"), subject: hash.bytes)
        }
    }
}
