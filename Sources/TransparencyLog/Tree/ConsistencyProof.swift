/// Proof that a smaller tree is a prefix of a larger one (RFC 9162, section 2.1.4).
public struct ConsistencyProof: Hashable, Sendable {
    public let first: UInt64
    public let second: UInt64
    public let path: [Digest]

    public init(first: UInt64, second: UInt64, path: [Digest]) {
        self.first = first
        self.second = second
        self.path = path
    }

    /// The ranges of leaves whose roots are the path, in its order.
    ///
    /// - Returns: nil unless `0 < first <= second`.
    public static func ranges(first: UInt64, second: UInt64) -> [Range<UInt64>]? {
        Subtree(start: 0, end: first).flatMap { SubtreeConsistencyProof.ranges(of: $0, treeSize: second) }
    }

    /// Whether the proof leads from one root to the other.
    ///
    /// From size 0 nothing can be proved, and nothing verifies: every tree continues the empty one.
    public func verifies(firstRoot: Digest, secondRoot: Digest, recipe: HashRecipe = .nexo) -> Bool {
        guard first > 0, let prefix = Subtree(start: 0, end: first) else { return false }
        return SubtreeConsistencyProof(subtree: prefix, treeSize: second, path: path)
            .verifies(subtreeRoot: firstRoot, treeRoot: secondRoot, recipe: recipe)
    }
}
