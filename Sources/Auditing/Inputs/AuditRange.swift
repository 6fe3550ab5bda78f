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

    static func compare(_ head: SignedTreeHead, _ bound: Bound?) -> Int {
        switch bound {
        case nil: 0
        case .treeSize(let size): head.treeSize < size ? -1 : head.treeSize == size ? 0 : 1
        case .time(let time): head.timestamp < time ? -1 : head.timestamp == time ? 0 : 1
        }
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
