public import TransparencyLog

/// Two copies of one chain: where they part, and whether they contradict each other.
///
/// Heads that both have are the same by their hash; signatures are covered by no hash and may differ. What the copies
/// have in common from their beginning is read in step and takes no memory; what is behind is kept, up to a limit.
public struct ChainDiff: Sendable {
    /// Heads of one copy behind the place where the two part; beyond, nothing is said.
    public static let headsKept = 250_000
    static let clashesKept = 16

    public enum Relation: Hashable, Sendable {
        case same
        /// All heads of one copy are the beginning, or another part, of the other.
        case firstWithinSecond, secondWithinFirst
        /// One copy begins earlier, and the other goes on longer.
        case overlap
        /// Each has heads that the other lacks behind the last that they share.
        case part
        case nothingInCommon
    }

    /// Heads that one copy has and the other lacks.
    public struct Rest: Hashable, Sendable {
        /// Before the place where the other copy begins.
        public internal(set) var before = 0
        /// Among or behind the heads in common.
        public internal(set) var behind = 0
        public internal(set) var smallest: UInt64?
        public internal(set) var largest: UInt64?
        public var count: Int { before + behind }

        mutating func note(_ size: UInt64) {
            smallest = min(smallest ?? .max, size)
            largest = max(largest ?? 0, size)
        }
    }

    public struct Common: Hashable, Sendable {
        public internal(set) var hash: Digest
        public internal(set) var treeSize: UInt64
        /// Lines in the two files, from 1.
        public internal(set) var lines: [Int]
    }

    /// Two heads that cannot both be honest: the first copy's and the second's.
    public struct Clash: Sendable {
        public let contradiction: Contradiction
        public let known: [ChainVerifier.Known]
        public let lines: [Int]
        /// Further lines of these heads, whose signatures add up with those of the first.
        let others: [[Int]]
    }

    public let files: [String]
    public internal(set) var inCommon = 0
    /// The last of the heads that the copies share from where they both begin.
    public internal(set) var lastCommon: Common?
    /// Heads that both have again behind the place where they part.
    public internal(set) var meetAgain = 0
    /// What the first copy has and the second lacks, and the other way round.
    public internal(set) var rests = [Rest(), Rest()]
    public internal(set) var clashes: [Clash] = []
    /// Whether there may be more clashes than were kept.
    public internal(set) var clashesCut = false
    /// Lines that could not be read, with the copy that has them: the first few, and all counted.
    public internal(set) var malformed: [(file: Int, finding: Finding)] = []
    public internal(set) var malformedCounts = [0, 0]

    init(files: [String]) { self.files = files }

    public var relation: Relation {
        if inCommon + meetAgain == 0 { return .nothingInCommon }
        if rests[0].count == 0 && rests[1].count == 0 { return .same }
        if rests[0].count == 0 { return .firstWithinSecond }
        if rests[1].count == 0 { return .secondWithinFirst }
        return rests[0].behind == 0 || rests[1].behind == 0 ? .overlap : .part
    }

    /// 0 one chain, 1 the copies contradict each other, 3 neither can be said.
    public var exitCode: Int32 {
        if !clashes.isEmpty { return 1 }
        if malformedCounts != [0, 0] { return 3 }
        switch relation {
        case .same, .firstWithinSecond, .secondWithinFirst, .overlap: return 0
        case .part, .nothingInCommon: return 3
        }
    }
}
