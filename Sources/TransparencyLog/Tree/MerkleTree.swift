/// A whole tree in memory: every complete node of every level, so that any root or proof at any size is O(log n) hashes.
public struct MerkleTree: Sendable {
    public let recipe: HashRecipe
    /// `levels[k][i]` is the root of the leaves `i * 2^k ..< (i + 1) * 2^k`.
    var levels: [[Digest]] = [[]]

    public init(recipe: HashRecipe = .nexo) { self.recipe = recipe }

    public init(recipe: HashRecipe = .nexo, leaves: some Sequence<Digest>) {
        self.init(recipe: recipe)
        append(contentsOf: Array(leaves))
    }

    public var size: UInt64 { UInt64(levels[0].count) }
    public var leaves: [Digest] { levels[0] }

    public mutating func append(_ leaf: Digest) {
        levels[0].append(leaf)
        var level = 0
        while levels[level].count.isMultiple(of: 2) {
            let pair = levels[level].suffix(2)
            if level + 1 == levels.count { levels.append([]) }
            levels[level + 1].append(recipe.node(pair[pair.startIndex], pair[pair.startIndex + 1]))
            level += 1
        }
    }

    /// The roots of complete subtrees of 2^level leaves, by their number; nil if not all of them are complete.
    public func nodes(level: Int, _ range: Range<UInt64>) -> ArraySlice<Digest>? {
        guard levels.indices.contains(level), range.upperBound <= UInt64(levels[level].count) else { return nil }
        return levels[level][Int(range.lowerBound)..<Int(range.upperBound)]
    }

    /// The root over the first `size` leaves; nil for size 0 or more leaves than there are.
    public func root(at size: UInt64) -> Digest? {
        size > 0 && size <= self.size ? root(of: 0..<size) : nil
    }

    /// - Returns: nil unless `index < treeSize <= size`.
    public func inclusionProof(index: UInt64, treeSize: UInt64) -> InclusionProof? {
        guard index < treeSize, treeSize <= size else { return nil }
        var path: [Digest] = []
        var range = 0..<treeSize
        while range.count > 1 {
            let middle = Subtree.split(range)
            if index < middle {
                path.append(root(of: middle..<range.upperBound))
                range = range.lowerBound..<middle
            } else {
                path.append(root(of: range.lowerBound..<middle))
                range = middle..<range.upperBound
            }
        }
        return InclusionProof(index: index, treeSize: treeSize, path: path.reversed())
    }

    /// - Returns: nil unless `0 < first <= second <= size`.
    public func consistencyProof(first: UInt64, second: UInt64) -> ConsistencyProof? {
        guard first > 0, let prefix = Subtree(start: 0, end: first) else { return nil }
        return consistencyProof(of: prefix, treeSize: second).map {
            ConsistencyProof(first: first, second: second, path: $0.path)
        }
    }

    /// - Returns: nil for an empty subtree, or unless `subtree.end <= treeSize <= size`.
    public func consistencyProof(of subtree: Subtree, treeSize: UInt64) -> SubtreeConsistencyProof? {
        guard treeSize <= size, let ranges = SubtreeConsistencyProof.ranges(of: subtree, treeSize: treeSize) else {
            return nil
        }
        return SubtreeConsistencyProof(subtree: subtree, treeSize: treeSize, path: ranges.map(root))
    }

    private func root(of range: Range<UInt64>) -> Digest {
        let count = range.upperBound - range.lowerBound
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return levels[level][Int(range.lowerBound >> UInt64(level))]
        }
        let middle = Subtree.split(range)
        return recipe.node(root(of: range.lowerBound..<middle), root(of: middle..<range.upperBound))
    }
}
