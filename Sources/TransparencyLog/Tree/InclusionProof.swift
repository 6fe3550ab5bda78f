/// Proof that a leaf stands at an index of a tree (RFC 9162, section 2.1.3).
public struct InclusionProof: Hashable, Sendable {
    public let index: UInt64
    public let treeSize: UInt64
    /// Sibling hashes, from the leaf upwards.
    public let path: [Digest]

    public init(index: UInt64, treeSize: UInt64, path: [Digest]) {
        self.index = index
        self.treeSize = treeSize
        self.path = path
    }

    /// The root that the proof gives for a leaf; nil if the proof has not the form that its index and size ask for.
    public func root(leaf: Digest, recipe: HashRecipe = .nexo) -> Digest? {
        guard index < treeSize else { return nil }
        var node = index
        var last = treeSize - 1
        var hash = leaf
        for sibling in path {
            guard last > 0 else { return nil }
            if node & 1 == 1 || node == last {
                hash = recipe.node(sibling, hash)
                while node & 1 == 0, node > 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                hash = recipe.node(hash, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 ? hash : nil
    }

    public func verifies(leaf: Digest, root: Digest, recipe: HashRecipe = .nexo) -> Bool {
        self.root(leaf: leaf, recipe: recipe) == root
    }
}
