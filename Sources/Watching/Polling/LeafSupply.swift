import TransparencyLog

/// Where leaves come from, piece by piece: a file of registrations, or tiles of their hashes.
protocol LeafSupply: Sendable {
    var format: LeafReader.Format { get }

    /// What stands behind `position`; nil if what stands before it is not what was read.
    ///
    /// - Parameter size: of the smallest head that waits for it.
    func next(after position: LogPosition, size: UInt64) async throws(FetchError) -> ArraySlice<UInt8>?

    /// One piece from an offset on; nil if there is none.
    ///
    /// - Parameter size: leaves that are needed.
    func read(from offset: UInt64, size: UInt64) async throws(FetchError) -> ArraySlice<UInt8>?
}

extension LeafSupply {
    /// The last record that was read is fetched again: if it is another now, what was read was changed.
    func next(after position: LogPosition, size: UInt64) async throws(FetchError) -> ArraySlice<UInt8>? {
        let overlap = format.record(position.lastLeafLine)
        guard UInt64(overlap.count) <= position.leafOffset,
            let bytes = try await read(from: position.leafOffset - UInt64(overlap.count), size: size),
            bytes.starts(with: overlap)
        else { return nil }
        return bytes.dropFirst(overlap.count)
    }
}

extension LeafReader {
    /// What a leaf is read from.
    enum Format: Sendable {
        /// A registration a line.
        case registrations
        /// 32 bytes a leaf.
        case hashes

        /// A record as it stands among others; nothing for the one before the first.
        func record(_ content: [UInt8]) -> [UInt8] {
            content.isEmpty || self == .hashes ? content : content + [0x0A]
        }
    }
}
