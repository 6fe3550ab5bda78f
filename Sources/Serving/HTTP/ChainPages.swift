import NIOCore

/// The newest heads first, as parts of one JSON array, read from the disk as the client takes them: a long answer costs
/// no more memory than a short one.
struct ChainPages: AsyncSequence, Sendable {
    /// Heads that are read at a time.
    private static let page = 500

    let storage: any LogStorage
    /// The heads by their number in the file.
    let heads: Range<Int>

    func makeAsyncIterator() -> Iterator { Iterator(storage: storage, heads: heads, position: heads.upperBound) }

    struct Iterator: AsyncIteratorProtocol {
        let storage: any LogStorage
        let heads: Range<Int>
        /// Heads before it are still to be told; nil at the end.
        var position: Int?

        mutating func next() async throws -> ByteBuffer? {
            guard let end = position else { return nil }
            let start = Swift.max(heads.lowerBound, end - ChainPages.page)
            var part = ByteBuffer()
            if end == heads.upperBound { part.writeString("[") }
            for (offset, line) in try storage.heads(start..<end).reversed().enumerated() {
                if offset > 0 || end < heads.upperBound { part.writeString(",") }
                part.writeBytes(line)
            }
            if start == heads.lowerBound { part.writeString("]") }
            position = start == heads.lowerBound ? nil : start
            return part
        }
    }
}
