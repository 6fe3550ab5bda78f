public import TransparencyLog

/// What an audit tells of one head in the order of the chain.
public enum AuditedHead: Sendable {
    /// A head of the range; whether it, or with its signatures others of its size and root, have a quorum.
    case judged(JudgedHead, hasQuorum: Bool)
    /// A head of the range of which a watcher's retention kept hash and root alone.
    case thinned(ChainVerifier.Known)
    /// A head before the range.
    case before(timestamp: UInt64, hasQuorum: Bool)
}
