import TransparencyLog

/// What this watcher says of a head that somebody else was shown. The raw values label metrics and answer submissions.
enum GossipAnswer: String, CaseIterable, Sendable {
    /// The newest verified head, or one of its size and root.
    case same
    /// It continues to what is verified here.
    case older
    /// Beyond what is verified here; it is compared when that has come so far.
    case newer
    /// Not beyond, but nothing that is stored here shows whether it belongs there; it is kept and compared again.
    case unsettled
    /// It cannot be honest beside what is verified here.
    case conflict
    /// No pinned cosigner signed it: anybody could have written it.
    case rejected
}
