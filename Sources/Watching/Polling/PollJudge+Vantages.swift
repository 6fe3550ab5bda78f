import TransparencyLog

/// What heads from several vantages, and heads that are missing, say of a log.
extension PollJudge {
    /// Where heads of two vantages contradict each other, the operator is told of a split view too, once where it begins:
    /// heads further on, on either side, are its consequence. The evidence is that of the fork.
    mutating func reportSplitView(_ hash: Digest, _ rival: Digest, _ proof: Proof?) {
        guard let head = heads[hash], let other = heads[rival], head.vantage != other.vantage,
            !isParentContested(head.known), !isParentContested(other.known)
        else { return }
        report(
            Finding(
                .splitView, treeSize: head.known.treeSize,
                expected: "the same at each vantage, as \(hashAndSize(other)) at \(other.vantage)",
                found: "\(hashAndSize(head)) at \(head.vantage)"), subject: hash.bytes, proof: proof)
    }

    private func hashAndSize(_ head: StoredHead) -> String { "\(head.known.hash) of size \(head.known.treeSize)" }

    /// Whether a fork leaves this head as good as it was: it continues a head that stands, and contradicts only heads that
    /// are contested already. Else each side of a split view would hold up the other, and the position would stand still
    /// or follow whoever was asked first.
    func isForkOfAnothersMaking(_ finding: Finding, _ head: ChainVerifier.Known) -> Bool {
        guard finding.rule.isFork, case .hash(let parent) = head.predecessor, stands(heads[parent]) else {
            return false
        }
        return !contradictsWhatStands(head)
    }

    func contradictsWhatStands(_ head: ChainVerifier.Known) -> Bool {
        heads.values.contains { other in
            other.known.hash != head.hash && stands(other)
                && Contradiction.between(head, other.known, isQuorum: log.verifier.isQuorum) != nil
        }
    }

    /// Whether a head has its quorum from other heads of its size and root alone, and these signatures together contradict a head
    /// that stands. By itself it may contradict nothing.
    func isOutvoted(_ head: ChainVerifier.Known) -> Bool {
        if log.verifier.isQuorum(head.signers) { return false }
        let ofSize = heads.values.map(\.known).filter { $0.treeSize == head.treeSize }
        let all = ofSize.filter { $0.root == head.root }.reduce(head) { $0.adding($1.signers) }
        return ofSize.contains { other in
            other.root != head.root && stands(heads[other.hash])
                && Contradiction.between(all, other, isQuorum: log.verifier.isQuorum) != nil
        }
    }

    private func stands(_ head: StoredHead?) -> Bool { head?.state == .verified || head?.state == .pending }

    // MARK: Gaps

    /// Says of a missing head between which sizes it is missing (C6).
    func bounded(_ finding: Finding, _ head: ChainVerifier.Known) -> Finding {
        guard finding.rule == .chainGap else { return finding }
        var finding = finding
        let place =
            switch below(head) {
            case 0: "; nothing before it is known"
            case head.treeSize: "; heads of size \(head.treeSize) are missing"
            case let below: "; heads between sizes \(below) and \(head.treeSize) are missing"
            }
        finding.found += place
        return finding
    }

    private func below(_ head: ChainVerifier.Known) -> UInt64 {
        // A heartbeat behind the head that is verified: what is missing lies between the two, though the watch began here.
        let isBehind = position.verifiedHash != nil && head.timestamp >= position.verifiedTimestamp
        if isBehind, head.treeSize == position.verifiedSize { return head.treeSize }
        return position.gaps.below(head.treeSize, verified: position.verifiedSize)
    }

    /// Keeps the places where heads are missing.
    mutating func noteGap(_ head: ChainVerifier.Known, _ verdict: ChainVerifier.Verdict, isSound: Bool) {
        // A head without a quorum is vouched for by the one behind the gap, which signed its hash.
        guard isSound || position.gaps.all.contains(where: { $0.parent == head.hash }) else { return }
        if case .hash(let parent) = head.predecessor, isBehindGap(head, parent, verdict, isSound: isSound) {
            position.gaps.open(Gap(parent: parent, below: below(head), above: head.treeSize))
        }
        position.gaps.fill(head.hash, size: head.treeSize)
    }

    /// Of a head that was known without a quorum the gap before it was told, and is noted once it has one.
    private func isBehindGap(
        _ head: ChainVerifier.Known, _ parent: Digest, _ verdict: ChainVerifier.Verdict, isSound: Bool
    ) -> Bool {
        guard verdict.isKnown else { return verdict.findings.contains { $0.rule == .chainGap } }
        return isSound && heads[parent] == nil
            && !position.gaps.all.contains { $0.parent == parent && $0.above == head.treeSize }
    }
}
