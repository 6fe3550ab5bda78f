public import TransparencyLog

/// What the status site, its API and `nexo-watch status` ask of the store: the port, with SQLite behind it.
///
/// Nothing here writes, and every answer is bounded, whatever a log wrote into the store.
public protocol StatusStore: Sendable {
    /// What is stored of some logs; nothing of those that never answered.
    func logs(_ logIDs: [String]) async throws -> [String: StoredLog]
    /// When logs were last polled.
    func polls(_ logIDs: [String]) async throws -> [String: PollRecord]
    /// The verified heads that are the newest at some times, and those that come next.
    func samples(of logID: String, at times: [UInt64]) async throws -> [HeadSample]
    /// The newest verified heads, by the log's own time.
    func newestHeads(of logID: String, limit: Int) async throws -> [SignedSample]
    /// Signed heads of all states, the largest first, or those of one size.
    func heads(of logID: String, treeSize: UInt64?, page: StatusPage<HeadCursor>) async throws -> [HeadItem]
    /// Findings of a log, or of all, the newest first.
    func findings(of logID: String?, rule: Rule?, page: StatusPage<Int64>) async throws -> [FindingItem]
    /// The newest findings of a log that have evidence.
    func proved(of logID: String, limit: Int) async throws -> [FindingItem]
    /// Alerts of a log, or the watcher's own for an empty log_id, that are neither over nor acknowledged.
    func openAlerts(of logID: String, limit: Int) async throws -> [StoredAlert]
    func alerts(onlyOpen: Bool, page: StatusPage<Int64>) async throws -> [StoredAlert]
    /// A file of evidence, and the log_id that it is about.
    func evidence(_ hash: Digest) async throws -> (logID: String, evidence: StoredEvidence)?
}

/// A part of a list: so many of what stands behind the cursor.
public struct StatusPage<Cursor: Sendable>: Sendable {
    public var after: Cursor?
    public var limit: Int

    public init(after: Cursor? = nil, limit: Int) {
        self.after = after
        self.limit = limit
    }
}

/// One log at a glance.
public struct StoredLog: Sendable {
    public var position: LogPosition
    /// Of the newest verified head.
    public var root: Digest?
    public var signers: [String]
    /// Alerts that are neither over nor acknowledged.
    public var openAlerts: [Severity: Int]
    /// Whether a violation is stored that belongs to no alert.
    public var hasUnassignedViolation: Bool
}

/// When a log was last polled, and why that failed.
public struct PollRecord: Hashable, Sendable {
    public var logID: String
    /// Seconds since 1970.
    public var successAt: UInt64?
    public var failureAt: UInt64?
    public var failure = ""

    public init(logID: String) { self.logID = logID }

    /// Whether the newest poll failed.
    public var isFailing: Bool { failureAt != nil && !failure.isEmpty }
}

/// The newest verified head at a time, by the log's own time, and what came after it.
public struct HeadSample: Hashable, Sendable {
    public var time: UInt64
    /// Nil before the first head.
    public var timestamp: UInt64?
    public var treeSize: UInt64
    /// When the next head was signed; nil while there is none.
    public var nextTimestamp: UInt64?
}

public struct SignedSample: Hashable, Sendable {
    public var timestamp: UInt64
    public var signers: [String]
}

public struct HeadItem: Sendable {
    public var id: Int64
    public var head: StoredHead
    /// The head's JSON as it was received.
    public var raw: [UInt8]?

    var cursor: HeadCursor { HeadCursor(treeSize: head.known.treeSize, signers: head.known.signers.count, id: id) }
}

/// A head's place among those of a log: by size, signers and age.
public struct HeadCursor: Hashable, Sendable {
    public var treeSize: UInt64
    public var signers: Int
    public var id: Int64
}

public struct FindingItem: Sendable {
    public var id: Int64
    public var logID: String
    public var name: String
    public var stored: StoredFinding
    public var alert: Int64?
}
