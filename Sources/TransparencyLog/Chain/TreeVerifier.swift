/// Recomputes roots from the leaves, in order, and compares them with what heads claim.
public struct TreeVerifier: Sendable {
    public private(set) var frontier: Frontier

    public init(frontier: Frontier = Frontier()) { self.frontier = frontier }

    /// Adds the next leaf. `claimed` is the stored leaf_hash, which is compared and never used.
    public mutating func append(_ registration: Registration, claimed: Digest? = nil) -> Finding? {
        let leaf = registration.leafHash
        frontier.append(leaf)
        return Self.check(leaf, claimed: claimed, treeSize: frontier.end)
    }

    /// The finding on a stored leaf_hash.
    public static func check(_ leaf: Digest, claimed: Digest?, treeSize: UInt64) -> Finding? {
        guard let claimed, claimed != leaf else { return nil }
        return Finding(.leafHashMismatch, treeSize: treeSize, expected: leaf.base64, found: claimed.base64)
    }

    /// Adds leaves that were read and compared before.
    public mutating func append(contentsOf leaves: [Digest]) { frontier.append(contentsOf: leaves) }

    /// Adds a leaf that was read and compared before.
    public mutating func append(_ leaf: Digest) { frontier.append(leaf) }

    /// The finding on a head's root.
    ///
    /// - Precondition: the frontier stands at the head's size, or that is 0.
    public func check(_ head: SignedTreeHead) -> Finding? { check(treeSize: head.treeSize, root: head.root) }

    public func check(treeSize: UInt64, root: Digest) -> Finding? {
        if treeSize == 0 { return Self.checkEmpty(root) }
        precondition(frontier.end == treeSize, "a root is compared at its own size")
        return Self.compare(root, with: frontier.root ?? .zero, treeSize: treeSize)
    }

    /// The finding on the root of a head of any size, where the whole tree is at hand.
    public static func check(_ head: SignedTreeHead, in tree: MerkleTree) -> Finding? {
        if head.treeSize == 0 { return checkEmpty(head.root) }
        guard let root = tree.root(at: head.treeSize) else {
            return Finding(
                .leavesMissing, treeSize: head.treeSize, expected: "\(head.treeSize) registrations",
                found: "\(tree.size)")
        }
        return compare(head.root, with: root, treeSize: head.treeSize)
    }

    private static func compare(_ root: Digest, with recomputed: Digest, treeSize: UInt64) -> Finding? {
        guard root != recomputed else { return nil }
        return Finding(
            .rootMismatch, treeSize: treeSize, expected: "root \(recomputed) from the leaves", found: "root \(root)")
    }

    public static func checkEmpty(_ head: SignedTreeHead) -> Finding? {
        head.treeSize == 0 ? checkEmpty(head.root) : nil
    }

    /// The rule for size 0, which needs no leaves: `HeadVerifier` says so of each head that it judges.
    public static func checkEmpty(_ root: Digest) -> Finding? {
        guard !HashRecipe.nexo.emptyRoots.contains(root) else { return nil }
        return Finding(
            .emptyRootUnknown, treeSize: 0, expected: "32 zero bytes or SHA-256 of nothing", found: "root \(root)")
    }
}
