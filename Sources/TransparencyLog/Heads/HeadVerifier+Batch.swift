extension HeadVerifier {
    /// Heads that one task takes at a time.
    private static let chunk = 64

    /// Judges many heads, on so many tasks at once; in the order of the heads.
    ///
    /// Signatures are most of the arithmetic of an audit and of a catch-up, and each head's stand alone.
    public func verify(_ heads: [SignedTreeHead], jobs: Int) async -> [JudgedHead] {
        guard heads.count > Self.chunk, jobs > 1 else { return heads.map(verify) }
        let chunk = max(Self.chunk, (heads.count + jobs * 4 - 1) / (jobs * 4))
        return await withTaskGroup(of: (Int, [JudgedHead]).self) { group in
            var starts = stride(from: 0, to: heads.count, by: chunk).makeIterator()
            var parts: [Int: [JudgedHead]] = [:]
            func addNext() {
                guard let start = starts.next() else { return }
                let part = heads[start..<min(start + chunk, heads.count)]
                group.addTask { (start, part.map(verify)) }
            }
            for _ in 0..<jobs { addNext() }
            while let (start, judged) = await group.next() {
                parts[start] = judged
                addNext()
            }
            return parts.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }
}
