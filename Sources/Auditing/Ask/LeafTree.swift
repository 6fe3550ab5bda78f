import TransparencyLog

/// A tree in 32 bytes a leaf, half of what `MerkleTree` takes: of the inner nodes only those over whole blocks of 256
/// leaves are kept, and the others are hashed again when they are asked for.
struct LeafTree: Sendable {
    private static let blockLevel = 8
    private static let blockSize: UInt64 = 1 << UInt64(blockLevel)

    /// Each of 256 leaves but the last: no array ever grows to twice the file's leaves.
    private var blocks: [[Digest]] = []
    /// `levels[k][i]` is the root of the leaves `i * 2^(8 + k) ..< (i + 1) * 2^(8 + k)`.
    private var levels: [[Digest]] = [[]]
    private(set) var size: UInt64 = 0

    mutating func append(_ leaf: Digest) {
        if size.isMultiple(of: Self.blockSize) {
            var block: [Digest] = []
            block.reserveCapacity(Int(Self.blockSize))
            blocks.append(block)
        }
        blocks[blocks.count - 1].append(leaf)
        size += 1
        guard size.isMultiple(of: Self.blockSize) else { return }
        levels[0].append(small(size - Self.blockSize..<size))
        var level = 0
        while levels[level].count.isMultiple(of: 2) {
            let pair = levels[level].suffix(2)
            if level + 1 == levels.count { levels.append([]) }
            levels[level + 1].append(HashRecipe.nexo.node(pair[pair.startIndex], pair[pair.startIndex + 1]))
            level += 1
        }
    }

    /// The root over the first `size` leaves; nil for size 0 or more leaves than there are.
    func root(at size: UInt64) -> Digest? { size > 0 && size <= self.size ? root(of: 0..<size) : nil }

    /// - Returns: nil unless `index < treeSize <= size`.
    func inclusionProof(index: UInt64, treeSize: UInt64) -> InclusionProof? {
        guard index < treeSize, treeSize <= size else { return nil }
        var path: [Digest] = []
        var range = 0..<treeSize
        while range.count > 1 {
            let middle = split(range)
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
    func consistencyProof(first: UInt64, second: UInt64) -> ConsistencyProof? {
        guard first > 0, first <= second, second <= size else { return nil }
        var path: [Digest] = []
        var range = 0..<second
        // Invariant: the first tree's leaves in `range` are `range.lowerBound ..< first`, and `range` has more than them.
        while range.upperBound != first {
            let middle = split(range)
            if first <= middle {
                path.append(root(of: middle..<range.upperBound))
                range = range.lowerBound..<middle
            } else {
                path.append(root(of: range.lowerBound..<middle))
                range = middle..<range.upperBound
            }
        }
        // The verifier knows the first root, but not that of a part of the first tree.
        if range.lowerBound != 0 { path.append(root(of: range)) }
        return ConsistencyProof(first: first, second: second, path: path.reversed())
    }

    /// The largest power of two below the count, counted from the range's start (RFC 9162, section 2.1.1).
    private func split(_ range: Range<UInt64>) -> UInt64 {
        let count = range.upperBound - range.lowerBound
        return range.lowerBound + 1 << (63 - UInt64((count - 1).leadingZeroBitCount))
    }

    /// - Parameter range: one that `split` gave, and so aligned to the power of two at or above its count.
    private func root(of range: Range<UInt64>) -> Digest {
        let count = range.upperBound - range.lowerBound
        if count < Self.blockSize { return small(range) }
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return levels[level - Self.blockLevel][Int(range.lowerBound >> UInt64(level))]
        }
        let middle = split(range)
        return HashRecipe.nexo.node(root(of: range.lowerBound..<middle), root(of: middle..<range.upperBound))
    }

    /// The root over leaves of one block, one at least.
    private func small(_ range: Range<UInt64>) -> Digest {
        let first = Int(range.lowerBound % Self.blockSize)
        var frontier = Frontier()
        for leaf in blocks[Int(range.lowerBound / Self.blockSize)][first..<first + range.count] {
            frontier.append(leaf)
        }
        return frontier.root ?? .zero
    }
}
