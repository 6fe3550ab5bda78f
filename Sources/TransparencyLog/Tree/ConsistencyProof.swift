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

    /// Whether the proof leads from one root to the other.
    ///
    /// From size 0 nothing can be proved, and nothing verifies: every tree continues the empty one.
    public func verifies(firstRoot: Digest, secondRoot: Digest, recipe: HashRecipe = .nexo) -> Bool {
        guard first > 0, first <= second else { return false }
        if first == second { return path.isEmpty && firstRoot == secondRoot }
        // A first tree of 2^k leaves is itself a node of the second, and is not repeated in the path.
        var path = path[...]
        if first & (first - 1) == 0 { path = [firstRoot] + path }
        guard let start = path.popFirst() else { return false }
        var node = first - 1
        var last = second - 1
        while node & 1 == 1 { (node, last) = (node >> 1, last >> 1) }
        var (old, new) = (start, start)
        for sibling in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                old = recipe.node(sibling, old)
                new = recipe.node(sibling, new)
                while node & 1 == 0, node > 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                new = recipe.node(new, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && old == firstRoot && new == secondRoot
    }
}
