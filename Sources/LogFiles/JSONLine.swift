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

    public init(number: Int, byteOffset: UInt64, bytes: [UInt8], isTerminated: Bool, isOverlong: Bool) {
        self.number = number
        self.byteOffset = byteOffset
        self.bytes = bytes
        self.isTerminated = isTerminated
        self.isOverlong = isOverlong
    }
}
