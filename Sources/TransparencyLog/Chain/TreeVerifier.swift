/// Recomputes roots from the leaves, in order, and compares them with what heads claim.
public struct TreeVerifier: Sendable {
    public private(set) var frontier: Frontier

    public init(frontier: Frontier = Frontier()) { self.frontier = frontier }

    /// Adds the next leaf. `claimed` is the stored leaf_hash, which is compared and never used.
    public mutating func append(_ registration: Registration, claimed: Digest? = nil) -> Finding? {
        let leaf = registration.leafHash
        frontier.append(leaf)
        guard let claimed, claimed != leaf else { return nil }
        return Finding(
            .leafHashMismatch, treeSize: frontier.end, expected: leaf.base64, found: claimed.base64)
    }

    /// The finding on a head's root, where the frontier stands at the head's size.
    public func check(_ head: SignedTreeHead) -> Finding? {
        if head.treeSize == 0 { return Self.checkEmpty(head) }
        guard frontier.end == head.treeSize, !frontier.matches(head.root) else { return nil }
        return Finding(
            .rootMismatch, treeSize: head.treeSize, expected: "root \(frontier.root ?? .zero) from the leaves",
            found: "root \(head.root)")
    }

    /// The rule for size 0, which needs no leaves.
    public static func checkEmpty(_ head: SignedTreeHead) -> Finding? {
        guard head.treeSize == 0, !HashRecipe.nexo.emptyRoots.contains(head.root) else { return nil }
        return Finding(
            .emptyRootUnknown, treeSize: 0, expected: "32 zero bytes or SHA-256 of nothing", found: "root \(head.root)")
    }
}
