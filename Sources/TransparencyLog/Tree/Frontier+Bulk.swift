internal import CLogHash

extension Frontier {
    /// Subtrees of at most 2^10 leaves are hashed level by level: 32 KiB, which caches hold.
    private static let largestLevel = 10

    /// Appends many leaves: the same as one by one, with all nodes of a level hashed together.
    public mutating func append(contentsOf leaves: [Digest]) {
        guard recipe == .nexo, FastHash.isAvailable, leaves.count > 1 else {
            for leaf in leaves { append(leaf) }
            return
        }
        var level: [Digest] = []
        var rest = leaves[...]
        while let first = rest.first {
            // The largest subtree that begins at `end`, and that the leaves fill.
            let aligned = end == 0 ? Self.largestLevel : end.trailingZeroBitCount
            let filled = Int.bitWidth - 1 - rest.count.leadingZeroBitCount
            let height = min(aligned, filled, Self.largestLevel)
            guard height > 0 else {
                append(first)
                rest.removeFirst()
                continue
            }
            level = Array(rest.prefix(1 << height))
            rest.removeFirst(1 << height)
            level.withUnsafeMutableBytes { nodes in
                for step in 1...height { log_hash_nodes(nodes.baseAddress, 1 << (height - step), nodes.baseAddress) }
            }
            append(Node(level: UInt8(height), hash: level[0]))
        }
    }
}
