/// How much was checked of a log, by what really held in the last poll. Nobody may take the weaker for the stronger.
public enum Assurance: String, CaseIterable, Sendable {
    /// The root of the newest verified head, and of all before it, was recomputed from leaves.
    case rootsRecomputed = "roots-recomputed"
    /// Heads are signed by a quorum, and each is linked to the one before it; nobody saw their leaves.
    case linkedAndSigned = "linked-and-signed"
    /// Nothing is verified yet, or heads are missing between those that are, and no leaves bridge the gap.
    case unlinked

    /// - Parameter isWaiting: whether a head waits for leaves that are not at hand.
    init(_ position: LogPosition, hasLeaves: Bool, isWaiting: Bool) {
        if position.verifiedHash == nil {
            self = .unlinked
        } else if hasLeaves, !isWaiting, position.leafCount >= position.verifiedSize {
            // Across a gap too: one list of leaves gives the roots on both sides, which shows what a link would, and more.
            self = .rootsRecomputed
        } else {
            self = position.gaps.areClosed ? .linkedAndSigned : .unlinked
        }
    }
}
