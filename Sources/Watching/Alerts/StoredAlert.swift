public import TransparencyLog

/// What people are told of: all findings of one kind in one log, or one trouble, from its first sight to its end.
public struct StoredAlert: Hashable, Sendable {
    public struct Acknowledgement: Hashable, Sendable {
        /// Seconds since 1970.
        public var at: UInt64
        public var by: String
        public var note: String

        public init(at: UInt64, by: String, note: String) {
            self.at = at
            self.by = by
            self.note = note
        }
    }

    public enum State: String, Sendable {
        case firing, acknowledged, resolved
    }

    public var id: Int64
    /// Empty where the trouble is the watcher's own.
    public var logID: String
    public var logName: String
    public var kind: AlertKind
    /// The sink that fails; else empty.
    public var subject: String
    public var severity: Severity
    /// Stable for as long as the alert is kept; a later alert of the same kind has another.
    public var fingerprint: Digest
    /// Counts what changed: opened, more findings, acknowledged, resolved.
    public var revision: Int64
    /// Findings that are stored.
    public var findings: Int64
    /// Findings of the latest poll beyond what one poll stores.
    public var unstored: Int64
    /// What a trouble is about, in words.
    public var detail: String
    /// Seconds since 1970, as are all times.
    public var openedAt: UInt64
    public var updatedAt: UInt64
    /// The next finding or trouble of the kind opens a new alert.
    public var closedAt: UInt64?
    public var acknowledgement: Acknowledgement?

    public var count: Int64 { findings + unstored }

    public var state: State {
        if acknowledgement != nil, !(kind.resolvesItself && closedAt != nil) { return .acknowledged }
        return closedAt == nil ? .firing : .resolved
    }
}

/// An alert that a sink is still to be told of.
public struct QueuedAlert: Hashable, Sendable {
    public var alert: StoredAlert
    /// The revision that the sink was told last; 0: none.
    public var toldRevision: Int64
    public var toldAt: UInt64?
    /// How often telling this revision failed.
    public var attempts: Int64
    public var queuedAt: UInt64?
}
