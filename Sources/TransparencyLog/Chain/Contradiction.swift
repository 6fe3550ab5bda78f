/// Why two heads cannot both be honest, as far as the heads alone show it.
public enum Contradiction: Hashable, Sendable {
    case sameSizeDifferentRoot
    case branch

    /// Compares two heads of one log.
    ///
    /// Heads that nobody signed contradict nobody: a root of the same size counts if a cosigner signed both sides, or
    /// both have a quorum; a branch needs two quorums. Two heads of one size and root are a re-signing or a heartbeat,
    /// and two first heads are a broken link, not a branch.
    public static func between(
        _ left: ChainVerifier.Known, _ right: ChainVerifier.Known, isQuorum: (Set<String>) -> Bool
    ) -> Contradiction? {
        let areQuorums = isQuorum(left.signers) && isQuorum(right.signers)
        if left.treeSize == right.treeSize {
            guard left.root != right.root, !areEmpty(left, right) else { return nil }
            return areQuorums || !left.signers.isDisjoint(with: right.signers) ? .sameSizeDifferentRoot : nil
        }
        guard case .hash(let parent) = left.predecessor, right.predecessor == .hash(parent) else { return nil }
        return areQuorums && left.hash != right.hash ? .branch : nil
    }

    /// The two roots of the empty tree are one tree: a log that turns from one to the other shows nothing twice.
    private static func areEmpty(_ left: ChainVerifier.Known, _ right: ChainVerifier.Known) -> Bool {
        let roots = HashRecipe.nexo.emptyRoots
        return left.treeSize == 0 && right.treeSize == 0 && roots.contains(left.root) && roots.contains(right.root)
    }
}
