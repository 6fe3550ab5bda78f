/// Proof that a subtree is a part of a tree (draft-ietf-plants-merkle-tree-certs, section 4.4). Where the subtree
/// begins at 0, it is the consistency proof of RFC 9162, section 2.1.4.
public struct SubtreeConsistencyProof: Hashable, Sendable {
    public let subtree: Subtree
    public let treeSize: UInt64
    public let path: [Digest]

    public init(subtree: Subtree, treeSize: UInt64, path: [Digest]) {
        self.subtree = subtree
        self.treeSize = treeSize
        self.path = path
    }

    /// The ranges of leaves whose roots are the path, in its order: for whoever holds the hashes of a tree in another
    /// form than `MerkleTree`.
    ///
    /// - Returns: nil for an empty subtree, or one that ends behind the tree.
    public static func ranges(of subtree: Subtree, treeSize: UInt64) -> [Range<UInt64>]? {
        guard !subtree.isEmpty, subtree.end <= treeSize else { return nil }
        var path: [Range<UInt64>] = []
        var range = 0..<treeSize
        var rest = subtree.start..<subtree.end
        while range != rest {
            let middle = Subtree.split(range)
            if rest.upperBound <= middle {
                path.append(middle..<range.upperBound)
                range = range.lowerBound..<middle
            } else {
                path.append(range.lowerBound..<middle)
                range = middle..<range.upperBound
                rest = max(middle, rest.lowerBound)..<rest.upperBound
            }
        }
        // A part of the subtree has a root that the verifier does not know.
        if rest.lowerBound != subtree.start { path.append(range) }
        return path.reversed()
    }

    /// Whether the proof leads from one root to the other. An empty subtree is part of every tree, and says nothing of
    /// `treeRoot`.
    public func verifies(subtreeRoot: Digest, treeRoot: Digest, recipe: HashRecipe = .nexo) -> Bool {
        guard subtree.end <= treeSize else { return false }
        if subtree.isEmpty { return path.isEmpty && recipe.emptyRoots.contains(subtreeRoot) }
        // The first and last leaf of the subtree and the last of the tree, as node numbers of the level at hand.
        var (first, last, end) = (subtree.start, subtree.end - 1, treeSize - 1)
        // Up to the largest node of the tree that ends where the subtree ends.
        while first != last, last == end || last & 1 == 1 { (first, last, end) = (first >> 1, last >> 1, end >> 1) }
        var path = path[...]
        // A subtree that is itself that node is not repeated in the path.
        guard let start = first == last ? subtreeRoot : path.popFirst() else { return false }
        // Invariant: `old` is the root of what the path has covered of the subtree, `new` of what it has of the tree.
        var (old, new) = (start, start)
        for sibling in path {
            guard end > 0 else { return false }
            if last & 1 == 1 || last == end {
                if first < last { old = recipe.node(sibling, old) }
                new = recipe.node(sibling, new)
                while last & 1 == 0 { (first, last, end) = (first >> 1, last >> 1, end >> 1) }
            } else {
                new = recipe.node(new, sibling)
            }
            (first, last, end) = (first >> 1, last >> 1, end >> 1)
        }
        return end == 0 && old == subtreeRoot && new == treeRoot
    }
}
