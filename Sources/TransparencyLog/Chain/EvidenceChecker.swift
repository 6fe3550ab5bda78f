/// Checks evidence by the rules and a trust file that the reader brings; nothing in the file is believed but what the
/// pinned keys signed.
public struct EvidenceChecker: Sendable {
    public enum Verdict: Hashable, Sendable {
        /// The signed heads contradict each other; those named signed both sides.
        case proved(kind: Evidence.Kind, equivocating: [String])
        /// The heads are signed, and nothing in the file contradicts them.
        case agree
        /// Not signed by the pinned keys, or a claim that signatures cannot prove.
        case notBelieved(reason: String)
    }

    let verifier: HeadVerifier

    public init(trust: TrustFile) { verifier = HeadVerifier(trust: trust) }

    public func check(_ evidence: Evidence) -> Verdict {
        guard evidence.log.logID == verifier.trust.logID else {
            return .notBelieved(reason: "the evidence is about another log than the trust file")
        }
        var known: [ChainVerifier.Known] = []
        for (index, exhibit) in evidence.heads.enumerated() {
            let judged: JudgedHead
            do { judged = verifier.verify(try SignedTreeHead(exhibit.head)) } catch {
                return .notBelieved(reason: "heads[\(index)] is no signed tree head: \(error)")
            }
            guard let essentials = ChainVerifier.Known(judged) else {
                return .notBelieved(reason: "heads[\(index)] has no canonical form")
            }
            guard !judged.signers.isEmpty else {
                return .notBelieved(reason: "heads[\(index)] has no valid signature by a pinned cosigner")
            }
            known.append(essentials)
        }
        return known.count == 2 ? compare(known[0], known[1], evidence) : testimony(evidence, known)
    }

    /// Whatever kind the file claims, the verdict names the one that holds.
    private func compare(
        _ left: ChainVerifier.Known, _ right: ChainVerifier.Known, _ evidence: Evidence
    ) -> Verdict {
        let both = left.signers.intersection(right.signers).sorted()
        switch Contradiction.between(left, right, isQuorum: verifier.isQuorum) {
        case .sameSizeDifferentRoot: return .proved(kind: .sameSizeDifferentRoot, equivocating: both)
        case .branch: return .proved(kind: .branch, equivocating: both)
        case nil: break
        }
        let areQuorums = verifier.isQuorum(left.signers) && verifier.isQuorum(right.signers)
        let (smaller, larger) = left.treeSize <= right.treeSize ? (left, right) : (right, left)
        // As of two roots of one size: whoever signed both sides lied, quorum or not.
        if smaller.treeSize < larger.treeSize, verifier.believed([smaller], [larger]) != nil,
            let root = prefixRoot(evidence, smaller.treeSize, of: larger), root != smaller.root
        {
            return .proved(kind: .inconsistent, equivocating: both)
        }
        guard areQuorums else { return .notBelieved(reason: "a head has no quorum of the pinned cosigners") }
        // A head that calls itself the first, while the same cosigners signed a smaller one, broke the chain.
        if smaller.treeSize < larger.treeSize, larger.predecessor == .none {
            return .proved(kind: .linkBroken, equivocating: both)
        }
        return evidence.kind == .rootMismatch || evidence.kind == .linkBroken ? testimony(evidence, [larger]) : .agree
    }

    /// The root that a signed tree has at a smaller size, as far as the file proves it: by leaves or a consistency proof.
    private func prefixRoot(_ evidence: Evidence, _ size: UInt64, of head: ChainVerifier.Known) -> Digest? {
        if let leaves = evidence.leaves, bind(leaves, to: head) { return Self.root(leaves, at: size) }
        guard let prefix = evidence.prefix else { return nil }
        let proof = ConsistencyProof(first: size, second: head.treeSize, path: prefix.path)
        return proof.verifies(firstRoot: prefix.root, secondRoot: head.root) ? prefix.root : nil
    }

    /// Leaves that hash to a signed root are bound by it; others are the word of whoever wrote the file.
    private func bind(_ leaves: [Digest], to head: ChainVerifier.Known) -> Bool {
        UInt64(leaves.count) >= head.treeSize && Self.root(leaves, at: head.treeSize) == head.root
    }

    private static func root(_ leaves: [Digest], at size: UInt64) -> Digest? {
        guard size <= UInt64(leaves.count) else { return nil }
        var frontier = Frontier()
        for leaf in leaves.prefix(Int(size)) { frontier.append(leaf) }
        return frontier.root
    }

    private func testimony(_ evidence: Evidence, _ heads: [ChainVerifier.Known]) -> Verdict {
        guard evidence.kind == .rootMismatch, let leaves = evidence.leaves, let head = heads.last else {
            return .notBelieved(
                reason: "\(evidence.kind.rawValue): these heads alone do not prove it; check it against the log's files"
            )
        }
        if bind(leaves, to: head) { return .agree }
        return .notBelieved(
            reason: "root-mismatch: the leaves do not hash to the root, but no signature covers them; "
                + "check the root against your own copy of the registrations")
    }
}

extension ChainVerifier.Known {
    /// Nil for a head without a canonical form.
    public init?(_ judged: JudgedHead) {
        guard let hash = judged.hash else { return nil }
        self.init(
            hash: hash, predecessor: judged.head.predecessor, treeSize: judged.head.treeSize, root: judged.head.root,
            timestamp: judged.head.timestamp, signers: judged.signers)
    }
}
