/// The leaves `start ..< end` of a tree, where they are a subtree of every tree that is large enough
/// (draft-ietf-plants-merkle-tree-certs, section 4.1): part of a log that can be proved by itself.
public struct Subtree: Hashable, Sendable {
    public let start: UInt64
    public let end: UInt64

    /// - Returns: nil unless `start` is a multiple of the smallest power of two that is at least `end - start`.
    public init?(start: UInt64, end: UInt64) {
        guard start <= end else { return nil }
        let count = end - start
        let level = count <= 1 ? 0 : UInt64.bitWidth - (count - 1).leadingZeroBitCount
        guard start == 0 || start.trailingZeroBitCount >= level else { return nil }
        self.start = start
        self.end = end
    }

    public var isEmpty: Bool { start == end }

    /// The largest power of two below the count, counted from the range's start (RFC 9162, section 2.1.1).
    static func split(_ range: Range<UInt64>) -> UInt64 {
        let count = range.upperBound - range.lowerBound
        return range.lowerBound + 1 << (63 - UInt64((count - 1).leadingZeroBitCount))
    }

    /// The proof that a leaf of the log stands in this subtree: that of a tree of its own (section 4.3).
    ///
    /// - Parameter index: the leaf's place in the whole log.
    /// - Returns: nil if the subtree does not cover the index.
    public func inclusionProof(index: UInt64, path: [Digest]) -> InclusionProof? {
        guard start <= index, index < end else { return nil }
        return InclusionProof(index: index - start, treeSize: end - start, path: path)
    }
}
