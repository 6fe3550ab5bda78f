/// What a check of a whole database found.
public struct StoreCheck: Sendable {
    /// What was looked at, of one log.
    public struct Counts: Hashable, Sendable {
        public var heads = 0
        /// Heads whose JSON retention deleted: what stands in their columns is believed.
        public var thinned = 0
        public var signatures = 0
        public var roots = 0
        public var leaves: UInt64 = 0
        public var findings = 0
        public var evidence = 0
    }

    public struct Log: Sendable {
        public let name: String
        public let logID: String
        /// Whether the configuration pins the log's keys; without them no signature is checked.
        public let isPinned: Bool
        public internal(set) var counts = Counts()
    }

    /// Problems beyond this many are counted, and not listed.
    static let listed = 1_000

    public internal(set) var logs: [Log] = []
    public internal(set) var problems: [String] = []
    public internal(set) var problemsInAll = 0

    mutating func add(_ problem: String) {
        problemsInAll += 1
        if problems.count < Self.listed { problems.append(problem) }
    }
}
