public import TransparencyLog

/// A place in the chain where heads are missing: between the last size before it and the first one behind it.
public struct Gap: Hashable, Sendable {
    /// The head that is missing directly before `above`; it closes the gap.
    public var parent: Digest
    /// The largest size below the gap that is known: that of the head behind it too, where a heartbeat is missing.
    public var below: UInt64
    /// The size of the head behind it.
    public var above: UInt64
}

/// The open gaps of a log. So many are kept apart; what is more is joined, and such a gap stays open.
struct Gaps: Hashable, Sendable {
    static let limit = 64

    /// With what stands before the first head that was seen, if that is not the chain's first: below it is nothing.
    private(set) var all: [Gap] = []

    init(_ gaps: [Gap] = []) { all = gaps }

    /// Whether nothing is missing between heads that are known.
    var areClosed: Bool { all.allSatisfy { $0.below == 0 } }

    /// Leaves whose heads are missing between heads that are known.
    var size: UInt64 { all.reduce(0) { $0 + ($1.below > 0 && $1.above > $1.below ? $1.above - $1.below : 0) } }

    /// A first head of up to this size may come late: the watch began behind it. 0 if the chain's beginning is known.
    var beginning: UInt64 { all.first { $0.below == 0 }?.above ?? 0 }

    /// The largest size that is known below a head that stands behind a gap; 0 where it is the chain's beginning that is missing.
    func below(_ size: UInt64, verified: UInt64) -> UInt64 {
        if let gap = all.first(where: { $0.below < size && size < $0.above }) { return gap.below }
        if verified < size { return verified }
        // A heartbeat is missing, among heads that are known. Where these begin it may be one of before the watch.
        return size <= beginning ? 0 : size
    }

    mutating func open(_ gap: Gap) {
        if gap.below == 0 { all.removeAll { $0.below == 0 && $0.above <= gap.above } }
        all.append(gap)
        guard all.count > Self.limit else { return }
        all.sort { ($0.below, $0.above) < ($1.below, $1.above) }
        let lowest = all[0].below == 0 ? 1 : 0
        let joined = all.remove(at: lowest)
        // No head has this hash: heads between the two are missing, and no single one closes both.
        all[lowest].parent = .zero
        all[lowest].below = joined.below
    }

    /// Takes in a head that is known now: it closes a gap, or makes it smaller.
    mutating func fill(_ hash: Digest, size: UInt64) {
        all.removeAll { $0.parent == hash }
        for index in all.indices where all[index].below < size && size < all[index].above {
            all[index].below = size
        }
    }
}
