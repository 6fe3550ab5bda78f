public import TransparencyLog

/// What is remembered of the watched ids of a log.
public struct WatchedKeys: Hashable, Sendable {
    /// The fingerprint of the watch-list that the keys were collected under.
    public var list: Digest
    /// Keys up to this size were there when the watch began, and nobody was told of them.
    public var baseline: UInt64
    /// The leaves that were looked at.
    public var leafCount: UInt64
    /// By the SHA-256 of the id, since an id may be of a megabyte: the key that was registered last.
    public var keys: [Digest: RegisteredKey] = [:]

    public init(list: Digest, baseline: UInt64, leafCount: UInt64) {
        self.list = list
        self.baseline = baseline
        self.leafCount = leafCount
    }
}

/// What a step changes of it.
struct WatchedKeyStep: Sendable {
    /// With the keys that are new alone.
    var change: WatchedKeys
    /// Whether what was remembered goes.
    let replacesAll: Bool
    /// Registrations of ids that a pattern matches, and that have no place.
    var unfollowed = 0
    /// Findings beyond what one poll stores.
    var untold = 0

    init(_ book: KeyBook, replacesAll: Bool = false) {
        change = WatchedKeys(list: book.list.fingerprint, baseline: book.baseline, leafCount: 0)
        self.replacesAll = replacesAll
    }
}
