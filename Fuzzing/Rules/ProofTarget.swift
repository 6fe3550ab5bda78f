import TransparencyLog

/// Proofs by their definition in RFC 9162, recursively, where the product's way is a loop.
private enum PlainProof {
    /// The largest power of two below `count`.
    private static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    /// The root to which a path leads (section 2.1.3.1); nil for a path of another length.
    static func root(
        _ leaf: Digest, _ index: UInt64, _ size: UInt64, _ path: ArraySlice<Digest>, _ recipe: HashRecipe
    ) -> Digest? {
        guard index < size else { return nil }
        if size == 1 { return path.isEmpty ? leaf : nil }
        guard let sibling = path.last else { return nil }
        let middle = split(size)
        if index < middle {
            return root(leaf, index, middle, path.dropLast(), recipe).map { recipe.node($0, sibling) }
        }
        return root(leaf, index - middle, size - middle, path.dropLast(), recipe).map { recipe.node(sibling, $0) }
    }

    /// The roots of the first `old` leaves and of all (section 2.1.4.1, SUBPROOF).
    static func roots(
        _ old: UInt64, _ size: UInt64, _ isWhole: Bool, _ first: Digest, _ path: ArraySlice<Digest>,
        _ recipe: HashRecipe
    ) -> (Digest, Digest)? {
        if old == size {
            if isWhole { return path.isEmpty ? (first, first) : nil }
            return path.count == 1 ? path.first.map { ($0, $0) } : nil
        }
        guard let sibling = path.last else { return nil }
        let middle = split(size)
        if old <= middle {
            return roots(old, middle, isWhole, first, path.dropLast(), recipe).map { ($0, recipe.node($1, sibling)) }
        }
        return roots(old - middle, size - middle, false, first, path.dropLast(), recipe).map {
            (recipe.node(sibling, $0), recipe.node(sibling, $1))
        }
    }
}

extension FuzzTarget {
    /// Proofs of inclusion and consistency: those of a real tree, those with a fault, and those of any size at all.
    static let proofs = FuzzTarget("proofs") { bytes in
        var feed = Feed(bytes)
        let recipe = HashRecipe.allCases[feed.below(2)]
        if feed.below(2) == 0 { try realTree(&feed, recipe) } else { try anySizes(&feed, recipe) }
    }

    private static func anySizes(_ feed: inout Feed, _ recipe: HashRecipe) throws {
        let mask = UInt64.max >> UInt64(feed.below(64))
        let (small, large) = (feed.word() & mask, feed.word() & mask)
        let (first, second) = (Digest.sha256([feed.byte()]), Digest.sha256([feed.byte()]))
        let path = (0..<feed.below(70)).map { _ in Digest.sha256([feed.byte()]) }
        let reached = PlainProof.root(first, small, large, path[...], recipe)
        let inclusion = InclusionProof(index: small, treeSize: large, path: path)
        try promise(!inclusion.verifies(leaf: first, root: second, recipe: recipe) || reached == second, "inclusion")
        if let reached {
            try promise(inclusion.verifies(leaf: first, root: reached, recipe: recipe), "inclusion is refused")
        }
        let consistency = ConsistencyProof(first: small, second: large, path: path)
        let isAsked = 0 < small && small <= large
        let roots = isAsked ? PlainProof.roots(small, large, true, first, path[...], recipe) : nil
        let isProved = consistency.verifies(firstRoot: first, secondRoot: second, recipe: recipe)
        try promise(isProved == (roots.map { $0 == (first, second) } ?? false), "consistency")
        if let roots, roots.0 == first {
            try promise(consistency.verifies(firstRoot: first, secondRoot: roots.1, recipe: recipe), "it is refused")
        }
        guard let ranges = ConsistencyProof.ranges(first: small, second: large) else {
            return try promise(!isAsked, "no ranges")
        }
        try promise(isAsked && ranges.allSatisfy { $0.upperBound <= large && !$0.isEmpty }, "ranges beyond the tree")
        try promise(roots == nil || ranges.count == path.count, "another length than that of the proof")
    }

    private static func realTree(_ feed: inout Feed, _ recipe: HashRecipe) throws {
        let count = UInt64(feed.below(80) + 1)
        var tree = MerkleTree(recipe: recipe)
        var frontier = Frontier(recipe: recipe)
        var parts = Frontier(recipe: recipe)
        let cut = UInt64(feed.byte()) % (count + 1)
        var tail = Frontier(recipe: recipe, begin: cut)
        for index in 0..<count {
            let leaf = Digest.sha256([UInt8(index)])
            tree.append(leaf)
            frontier.append(leaf)
            if index < cut { parts.append(leaf) } else { tail.append(leaf) }
        }
        try promise(parts.merge(tail) && parts == frontier, "parts that are joined are another tree")
        try promise(frontier.root == tree.root(at: count), "the frontier has another root")
        let stored = Frontier(recipe: recipe, size: count, hashes: frontier.nodes.map(\.hash))
        try promise(stored == frontier, "a frontier that was stored is another")
        let index = UInt64(feed.byte()) % count
        let first = UInt64(feed.byte()) % count + 1
        guard let inclusion = tree.inclusionProof(index: index, treeSize: count), let root = tree.root(at: count),
            let consistency = tree.consistencyProof(first: first, second: count), let old = tree.root(at: first)
        else { throw BrokenPromise("no proof of what is there") }
        let leaf = tree.leaves[Int(index)]
        try promise(inclusion.verifies(leaf: leaf, root: root, recipe: recipe), "its own proof of inclusion")
        try promise(consistency.verifies(firstRoot: old, secondRoot: root, recipe: recipe), "its own proof")
        // One hash in the path is another, one is missing, or one too many.
        var (path, other) = (inclusion.path, consistency.path)
        let fault = Digest.sha256([feed.byte(), 0xFF])
        if !path.isEmpty { path[Int(feed.byte()) % path.count] = fault }
        if !other.isEmpty { other[Int(feed.byte()) % other.count] = fault }
        let isWrong =
            path == inclusion.path
            || !InclusionProof(index: index, treeSize: count, path: path).verifies(
                leaf: leaf, root: root, recipe: recipe)
        try promise(isWrong, "a faulty path of inclusion")
        let isInconsistent =
            other == consistency.path
            || !ConsistencyProof(first: first, second: count, path: other).verifies(
                firstRoot: old, secondRoot: root, recipe: recipe)
        try promise(isInconsistent, "a faulty path of consistency")
        for path in [Array(inclusion.path.dropLast()), inclusion.path + [fault]] where path != inclusion.path {
            let proof = InclusionProof(index: index, treeSize: count, path: path)
            try promise(!proof.verifies(leaf: leaf, root: root, recipe: recipe), "a path of another length")
        }
    }
}
