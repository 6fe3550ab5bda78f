/// One line of a JSONL file, and where it stands.
public struct JSONLine: Hashable, Sendable {
    /// From 1.
    public var number: Int
    /// Bytes of the file before the line.
    public var byteOffset: UInt64
    /// The line without its newline.
    public var bytes: [UInt8]
    /// Whether a newline ends it; a last line without one may be torn.
    public var isTerminated: Bool
    /// Whether the line was longer than the reader's limit, and `bytes` holds its beginning only.
    public var isOverlong: Bool

    /// Where the line ends in the file, its newline included. Not for an overlong line, of which only the beginning is
    /// here.
    public var endOffset: UInt64 { byteOffset + UInt64(bytes.count) + (isTerminated ? 1 : 0) }

    public init(number: Int, byteOffset: UInt64, bytes: [UInt8], isTerminated: Bool, isOverlong: Bool) {
        self.number = number
        self.byteOffset = byteOffset
        self.bytes = bytes
        self.isTerminated = isTerminated
        self.isOverlong = isOverlong
    }
}
