/// How far an audit is; what is nil did not move.
public struct AuditProgress: Hashable, Sendable {
    /// How much was read of one input.
    public struct Reached: Hashable, Sendable {
        public var count: UInt64
        /// Of the input, decompressed.
        public var bytes: UInt64

        public init(count: UInt64, bytes: UInt64) {
            self.count = count
            self.bytes = bytes
        }
    }

    public var heads: Reached?
    public var leaves: Reached?

    init(heads: Reached? = nil, leaves: Reached? = nil) {
        self.heads = heads
        self.leaves = leaves
    }
}
