public import TransparencyLog

/// What `watch.yaml` says, with a default for everything that has one.
public struct WatchConfiguration: Sendable, Equatable {
    public struct Log: Sendable, Equatable {
        public var name: String
        public var url: String
        /// Path of the trust file.
        public var trust: String
        /// Path or http(s) URL of users.jsonl, or `tiles`; nil: roots are not recomputed.
        public var leaves: String?
        /// Seconds; the newest verified head may not be older.
        public var maxHeadAge: Int?
        public var frozen: Frozen?
        public var interval: Duration?
        /// nil: those of the configuration.
        public var vantages: [Vantage]?
        /// Ids, and patterns of ids, whose keys are watched.
        public var watch: [String] = []

        /// In the place of a path: the log's own hash tiles.
        public static let tiles = "tiles"
    }

    public struct Frozen: Sendable, Equatable {
        public var treeSize: UInt64
        public var root: String
    }

    /// Bounds on what a hostile deployment can cost.
    public struct Limits: Sendable, Equatable {
        /// For one answer of /sth/chain, in bytes after decoding.
        public var chainBytes = 64 << 20
        /// Heads asked for at most in one answer.
        public var chainHeads = 100_000
        /// For one fetch of registrations, where the server gives ranges; the whole file may be larger.
        public var leavesChunk = 8 << 20
        /// For the whole file of registrations, where the server gives no ranges.
        public var leavesBytes = 256 << 20
        /// Registrations that are fetched without a signed root among them that vouches for them: 32 bytes of disk each.
        public var unvouchedLeaves = 1 << 25
        /// Seconds that one poll fetches registrations for; the next one goes on behind them.
        public var leavesTime = 60
        /// Seconds after which the registrations that are stored are read anew: one that was edited in its place shows in no
        /// new one.
        public var leavesRecheck = 86_400
        /// For one request, in seconds.
        public var timeout = 30
        /// Findings of one rule that one poll stores; the rest is counted.
        public var findingsPerPoll = 100
        /// For one head; a longer one is malformed.
        public var headBytes = 64 << 10
        /// Files of evidence that one poll makes; what else it finds is told without.
        public var evidencePerPoll = 16
        /// Heads without a valid signature that one poll stores; the rest is judged alone.
        public var unsignedHeads = 100
        /// Logs that catch up at once, in large answers.
        public var polls = 4
        /// Polls with one small answer each that are under way at once.
        public var fetches = 64
        /// Those of one host through one vantage: a slow host takes the places of no other.
        public var fetchesPerHost = 8
        /// For the headers of one answer, in bytes.
        public var headerBytes = 64 << 10
        /// An answer that stays below so many bytes a second for so many seconds is given up.
        public var lowSpeed = 100
        public var lowSpeedTime = 15
        /// Bytes a second of all large answers together.
        public var catchUpRate = 32 << 20
        /// Seconds; the longest wait after failures, and the longest that a server may ask for.
        public var backoffMax = 300
        /// Seconds; clocks that differ by less agree.
        public var clockTolerance = 60
        /// Ids that the watch-list of one log follows.
        public var watchedIDs = 1_000
        /// Hashes of leaves that one file of evidence may hold.
        public var evidenceLeaves = 100_000
    }

    /// What is kept of old heads. Findings, evidence and leaves are kept for good.
    public struct Retention: Sendable, Equatable {
        /// Verified heads are kept whole so long after they were seen.
        public var heads: Duration
        /// Of older ones, one is kept whole for so many registrations.
        public var checkpointEvery: Int
        /// Whether that holds for heads whose leaves are not stored too: a fork from one of them is then still found and
        /// told, but cannot be proved.
        public var thinsWithoutLeaves: Bool

        public init(
            heads: Duration = .seconds(30 * 86_400), checkpointEvery: Int = 1_000, thinsWithoutLeaves: Bool = false
        ) {
            self.heads = heads
            self.checkpointEvery = checkpointEvery
            self.thinsWithoutLeaves = thinsWithoutLeaves
        }
    }

    public var listen: String
    public var store: String
    public var evidence: String
    /// Between polls of a log.
    public var interval: Duration
    public var limits = Limits()
    public var retention = Retention()
    public var vantages: [Vantage] = [.direct]
    public var status = Status()
    public var alerts = Alerts()
    /// nil: notes are compared with nobody, and nothing is served under /gossip/.
    public var gossip: Gossip?
    /// Of the file, for the commands that alerts name.
    public var path: String?
    /// How signatures are verified; the verdicts do not depend on it.
    public var verifier = Ed25519Engine.auto
    public var logs: [Log]
}
