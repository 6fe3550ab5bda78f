/// What `watch.yaml` says, with a default for everything that has one.
public struct WatchConfiguration: Sendable, Equatable {
    public struct Log: Sendable, Equatable {
        public var name: String
        public var url: String
        /// Path of the trust file.
        public var trust: String
        /// Path or http(s) URL of users.jsonl; nil: roots are not recomputed.
        public var leaves: String?
        /// Seconds; the newest verified head may not be older.
        public var maxHeadAge: Int?
        public var frozen: Frozen?
        public var interval: Duration?
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
        /// For one fetch of registrations.
        public var leavesBytes = 256 << 20
        /// For one request, in seconds.
        public var timeout = 30
        /// Findings of one rule that one poll stores; the rest is counted.
        public var findingsPerPoll = 100
        /// Heads without a valid signature that are kept of each 1,024; the rest is judged alone.
        public var unsignedHeads = 100
        /// Polls of different logs under way at once.
        public var polls = 4
        /// Hashes of leaves that one file of evidence may hold.
        public var evidenceLeaves = 100_000
    }

    public var listen: String
    public var store: String
    public var evidence: String
    /// Between polls of a log.
    public var interval: Duration
    public var limits = Limits()
    public var logs: [Log]
}
