extension HeadVerifier {
    /// Heads that one task takes at a time, at least and at most: enough to share inversions and caches, and few enough
    /// that all tasks have work to the end.
    private static let chunks = 64...1_024

    /// Judges many heads, on the caller's task; in their order.
    public func verify(_ heads: [SignedTreeHead]) -> [JudgedHead] {
        verify(heads, with: signatures.tables(forUses: uses(in: heads)))
    }

    /// Judges many heads, on so many tasks at once; in the order of the heads.
    ///
    /// Signatures are most of the arithmetic of an audit and of a catch-up, and each head's stand alone.
    public func verify(_ heads: [SignedTreeHead], jobs: Int) async -> [JudgedHead] {
        let tables = signatures.tables(forUses: uses(in: heads))
        guard heads.count > Self.chunks.lowerBound, jobs > 1 else { return verify(heads, with: tables) }
        let share = (heads.count + jobs * 4 - 1) / (jobs * 4)
        let chunk = min(max(share, Self.chunks.lowerBound), Self.chunks.upperBound)
        return await withTaskGroup(of: (Int, [JudgedHead]).self) { group in
            var starts = stride(from: 0, to: heads.count, by: chunk).makeIterator()
            var parts: [Int: [JudgedHead]] = [:]
            func addNext() {
                guard let start = starts.next() else { return }
                let part = heads[start..<min(start + chunk, heads.count)]
                group.addTask { (start, verify(part, with: tables)) }
            }
            for _ in 0..<jobs { addNext() }
            while let (start, judged) = await group.next() {
                parts[start] = judged
                addNext()
            }
            return parts.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    /// About how often each key will be asked for: which tables repay themselves, and no more, depends on it.
    private func uses(in heads: [SignedTreeHead]) -> [Int] {
        var uses = [Int](repeating: 0, count: trust.cosigners.count)
        for head in heads {
            for (id, entries) in cosigners where head.signatures.contains(where: { $0.cosigner == id }) {
                for entry in entries where isCandidate(entry, head) { uses[entry] += 1 }
            }
        }
        return uses
    }
}
