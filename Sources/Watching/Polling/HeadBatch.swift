import TransparencyLog

/// Verifies the signatures of many heads on all cores: most of the arithmetic of a catch-up.
enum HeadBatch {
    /// Heads that one task takes at a time.
    private static let chunk = 64

    /// The judged heads in the order of the heads.
    static func verify(_ heads: [SignedTreeHead], _ verifier: HeadVerifier) async -> [JudgedHead] {
        guard heads.count > chunk else { return heads.map(verifier.verify) }
        return await withTaskGroup(of: (Int, [JudgedHead]).self) { group in
            for start in stride(from: 0, to: heads.count, by: chunk) {
                let part = heads[start..<min(start + chunk, heads.count)]
                group.addTask { (start, part.map(verifier.verify)) }
            }
            var parts: [Int: [JudgedHead]] = [:]
            for await (start, judged) in group { parts[start] = judged }
            return parts.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }
}
