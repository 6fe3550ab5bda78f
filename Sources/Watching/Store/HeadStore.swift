public import TransparencyLog

/// What the watcher remembers: the port, with SQLite behind it. State is kept by log_id, never by URL.
public protocol HeadStore: Sendable {
    /// The position of a log; the one of a new log where nothing is stored.
    func position(of logID: String) async throws -> LogPosition
    /// Heads with these hashes.
    func heads(_ hashes: Set<Digest>, logID: String) async throws -> [StoredHead]
    /// Signed heads of these sizes. Of those that say the same, have the same signers and are believed alike, the newest one;
    /// of each size at most `limit`, verified ones first.
    func rivals(of logID: String, sizes: Set<UInt64>, limit: Int) async throws -> [StoredHead]
    /// Verified heads that are larger than the leaves that are stored: from when none were read. The smallest first.
    func unrooted(of logID: String, limit: Int) async throws -> [StoredHead]
    /// Heads that wait for their leaves, the smallest first.
    func pending(of logID: String, limit: Int) async throws -> [StoredHead]
    /// Signed heads that continue the heads with these hashes.
    func children(of parents: Set<Digest>, logID: String) async throws -> [StoredHead]
    /// A head's JSON as it was received; with all its signatures, where they came one after another.
    func raw(_ hash: Digest, logID: String) async throws -> [UInt8]?
    /// Those of some fingerprints that are stored.
    func known(_ fingerprints: Set<Digest>, logID: String) async throws -> Set<Digest>
    /// The hashes of leaves in so many tiles of 256, from one on.
    func leafHashes(of logID: String, from tile: UInt64, tiles: Int) async throws -> [Digest]
    /// The root of the tree at a smaller size, and the consistency proof of it to a larger one.
    ///
    /// - Parameter beyond: leaves that follow those that are stored.
    /// - Returns: nil unless `0 < first <= second`, and so many leaves are at hand.
    func prefix(of logID: String, first: UInt64, second: UInt64, beyond: LeafList) async throws -> Evidence.Prefix?
    /// The smallest verified head whose JSON is kept, of this size at least and at most of the leaves that are stored.
    func checkpoint(of logID: String, from size: UInt64) async throws -> StoredHead?
    /// The tree over the first `size` leaves that are stored.
    func frontier(of logID: String, at size: UInt64) async throws -> Frontier
    /// Heads without a quorum that were not judged under this trust file since it was pinned, the oldest first, and not all at once.
    func unsettled(of logID: String, under trust: Digest) async throws -> [UnsettledHead]
    /// Notes up to which of them that was done.
    func markJudged(_ logID: String, under trust: Digest, upTo id: Int64) async throws
    /// Writes all of one step, or nothing of it.
    ///
    /// - Returns: the findings that were not stored before.
    /// - Throws: `StaleStep` if somebody else moved the log since `position` was read.
    func commit(_ step: PollStep) async throws -> [StoredFinding]
    func findings(of logID: String) async throws -> [StoredFinding]
    func evidence(_ hash: Digest, logID: String) async throws -> StoredEvidence?
    /// The hashes of a log's evidence in their order, at most `limit` of those behind one.
    func evidenceHashes(of logID: String, after: Digest?, limit: Int) async throws -> [Digest]
    /// The keys of watched ids; nil where none were ever looked for.
    func watchedKeys(of logID: String) async throws -> WatchedKeys?
    /// How many ids are followed.
    func watchedIDs(of logID: String) async throws -> Int
    /// Whether there is a fork that nobody acknowledged: it latches `nexo_watch_fork_detected`.
    func hasFork(_ logID: String) async throws -> Bool
    /// Findings that nobody was told of yet.
    func unannounced(of logID: String) async throws -> [StoredFinding]
    func markAnnounced(_ findings: [StoredFinding], logID: String) async throws
    /// All logs of which anything is stored, configured or not.
    func logs() async throws -> [LogReference]
}

/// Somebody else moved the log's head: the step was judged against a position that is gone.
public struct StaleStep: Error, Sendable {}

/// Two positions a log: what was seen and what was verified.
public struct LogPosition: Hashable, Sendable {
    /// Counts the steps; the compare-and-swap of a commit.
    public var version: Int64 = 0
    public var seenSize: UInt64 = 0
    public var verifiedSize: UInt64 = 0
    public var verifiedHash: Digest?
    public var verifiedTimestamp: UInt64 = 0
    /// Heads that were ever verified.
    public var verifiedCount: Int64 = 0
    /// The frontier over the leaves that were read.
    public var leafCount: UInt64 = 0
    public var frontier: [Digest] = []
    /// Bytes of users.jsonl that were read, and the last line of them, to notice a file that changed.
    public var leafOffset: UInt64 = 0
    public var lastLeafLine: [UInt8] = []
    /// Seconds since 1970, when all leaves that are stored were last found where they are read from.
    public var leavesFoundAt: UInt64 = 0
    /// What held in the last poll.
    public var assurance = Assurance.unlinked
    /// Where heads are missing.
    var gaps = Gaps()

    public init() {}

    /// Whether the log never showed a head.
    var hasNothing: Bool { verifiedHash == nil && seenSize == 0 }
}

public struct StoredHead: Hashable, Sendable {
    public var known: ChainVerifier.Known
    /// SHA-256 of the head's JSON as it is kept: the same bytes need not be judged again.
    public var rawHash: Digest
    /// The JSON, where it is to be written; what is read from the store leaves it there.
    public var raw: [UInt8]?
    public var state: State
    /// Seconds since 1970, when the head was first received.
    public var seenAt: UInt64
    /// Where it was first received.
    public var vantage = WatchConfiguration.Vantage.direct.name

    /// How far a head is believed.
    public enum State: Int, Hashable, Sendable {
        /// Received, and not vouched for by a quorum; a quorum head behind it vouches for it by its hash.
        case seen
        /// Nothing stands against it; its leaves were not at hand yet.
        case pending
        case verified
        /// It contradicts a verified head, its link or its root is wrong, or it continues such a head.
        case contested
    }

    public init(known: ChainVerifier.Known, raw: [UInt8], state: State, seenAt: UInt64) {
        self.init(known: known, rawHash: .sha256(raw), state: state, seenAt: seenAt)
        self.raw = raw
    }

    init(known: ChainVerifier.Known, rawHash: Digest, state: State, seenAt: UInt64) {
        self.known = known
        self.rawHash = rawHash
        self.state = state
        self.seenAt = seenAt
    }
}

public struct StoredFinding: Hashable, Sendable {
    public var finding: Finding
    /// The same fault has the same fingerprint, however often it is seen.
    public var fingerprint: Digest
    /// SHA-256 of the evidence that belongs to it.
    public var evidence: Digest?
    /// Seconds since 1970.
    public var at: UInt64

    /// - Parameter subject: what the finding is about, in bytes: a head's hash, or what could not be read.
    public init(_ finding: Finding, subject: [UInt8], evidence: Digest? = nil, at: UInt64) {
        self.finding = finding
        fingerprint = Finding.fingerprint(finding.rule, treeSize: finding.treeSize, subject: subject)
        self.evidence = evidence
        self.at = at
    }

    init(stored finding: Finding, fingerprint: Digest, evidence: Digest?, at: UInt64) {
        self.finding = finding
        self.fingerprint = fingerprint
        self.evidence = evidence
        self.at = at
    }
}

public struct StoredEvidence: Hashable, Sendable {
    public var kind: Evidence.Kind
    /// The file's bytes.
    public var bytes: [UInt8]
    public var hash: Digest { .sha256(bytes) }

    public init(kind: Evidence.Kind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }
}

/// All that one poll changes, for one transaction.
public struct PollStep: Sendable {
    public var logID: String
    public var name: String
    /// The position as it was read; the commit fails if it moved.
    public var expected: LogPosition
    public var position: LogPosition
    public var heads: [StoredHead] = []
    /// Heads that were stored before, and are verified, or carry more signatures, now.
    public var updates: [StoredHead] = []
    public var newLeaves = LeafList()
    /// Keys of watched ids among these leaves.
    var keyStep: WatchedKeyStep?
    public var findings: [StoredFinding] = []
    public var evidence: [StoredEvidence] = []
    /// At the end of a poll: its findings beyond what one poll stores, by rule.
    public var unstored: [Rule: Int]?
    /// What holds no longer: open alerts of these rules end.
    public var resolves: Set<Rule> = []
    /// Seconds since 1970.
    public var at: UInt64 = 0

    public init(logID: String, name: String, expected: LogPosition) {
        self.logID = logID
        self.name = name
        self.expected = expected
        position = expected
    }
}
