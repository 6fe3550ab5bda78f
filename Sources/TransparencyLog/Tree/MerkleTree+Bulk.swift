internal import CLogHash

extension MerkleTree {
    /// Appends many leaves: the same as one by one, with all new nodes of a level hashed together.
    public mutating func append(contentsOf leaves: [Digest]) {
        guard recipe == .nexo, FastHash.isAvailable else {
            for leaf in leaves { append(leaf) }
            return
        }
        levels[0].append(contentsOf: leaves)
        var level = 0
        while levels[level].count > 1 {
            if level + 1 == levels.count { levels.append([]) }
            let known = levels[level + 1].count
            let new = levels[level].count / 2 - known
            guard new > 0 else { break }
            let nodes = levels[level].withUnsafeBytes { children in
                [Digest](unsafeUninitializedCapacity: new) { nodes, count in
                    log_hash_nodes(
                        children.baseAddress?.advanced(by: 2 * known * Digest.byteCount), new, nodes.baseAddress)
                    count = new
                }
            }
            levels[level + 1].append(contentsOf: nodes)
            level += 1
        }
    }
}
