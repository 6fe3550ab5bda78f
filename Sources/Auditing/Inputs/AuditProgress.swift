/// How far an audit is; what is nil did not move.
public struct AuditProgress: Hashable, Sendable {
    public var heads: Int?
    public var leaves: UInt64?

    init(heads: Int? = nil, leaves: UInt64? = nil) {
        self.heads = heads
        self.leaves = leaves
    }
}
