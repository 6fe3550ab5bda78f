import TransparencyLog

/// Which heads of a chain lie in a range, by their place in it: a head says itself how large and how old it is, and must not
/// talk itself out of the audit. The range begins with the first head that reaches it.
struct RangeWalk {
    private let range: AuditRange
    /// Whether a head was in it.
    private(set) var hasBegun = false
    /// Heads beyond the range since the last one in it.
    private var beyond = 0
    /// Heads that say they are beyond the range, and stand before one in it.
    private(set) var misplaced = 0

    init(_ range: AuditRange) { self.range = range }

    /// Whether the last head was beyond the range, as far as is known.
    var isBeyond: Bool { beyond > 0 }

    /// Whether the next head of the chain lies in the range, both ends included.
    mutating func takes(_ head: AuditRange.Place) -> Bool {
        hasBegun = hasBegun || AuditRange.compare(head, range.from) >= 0
        guard hasBegun else { return false }
        guard AuditRange.compare(head, range.to) <= 0 else {
            beyond += 1
            return false
        }
        misplaced += beyond
        beyond = 0
        return true
    }
}
