import Pages
import TransparencyLog

/// The part of a chain that an audit speaks of.
public struct AuditRange: Hashable, Sendable {
    /// One end, by size or by the heads' own time.
    public enum Bound: Hashable, Sendable {
        case treeSize(UInt64)
        /// Seconds since 1970.
        case time(UInt64)
    }

    public var from: Bound?
    public var to: Bound?

    public init(from: Bound? = nil, to: Bound? = nil) {
        self.from = from
        self.to = to
    }

    /// Where a head says that it stands.
    struct Place {
        var treeSize: UInt64
        var timestamp: UInt64

        init(_ head: ChainVerifier.Known) { (treeSize, timestamp) = (head.treeSize, head.timestamp) }
        init(_ head: SignedTreeHead) { (treeSize, timestamp) = (head.treeSize, head.timestamp) }
    }

    static func compare(_ place: Place, _ bound: Bound?) -> Int {
        switch bound {
        case nil: 0
        case .treeSize(let size): place.treeSize < size ? -1 : place.treeSize == size ? 0 : 1
        case .time(let time): place.timestamp < time ? -1 : place.timestamp == time ? 0 : 1
        }
    }

    /// The time that it begins at, if it says one.
    var begin: UInt64? {
        if case .time(let time) = from { time } else { nil }
    }
}

extension AuditRange.Bound: CustomStringConvertible {
    public var description: String {
        switch self {
        case .treeSize(let size): "size \(size)"
        case .time(let time): UTCTime.text(time)
        }
    }
}
