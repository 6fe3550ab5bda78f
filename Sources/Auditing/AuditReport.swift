import LogFiles
public import TransparencyLog

/// What an audit found, as one value that every form of output is made from.
public struct AuditReport: Sendable {
    public static let format = "nexo-audit/v1"
    /// Findings of one rule beyond this many are counted, but not kept.
    public static let keptPerRule = 1_000

    public enum Verdict: String, Sendable {
        case clean, violation, incomplete
    }

    /// What was looked at, and what was not and why.
    public struct Coverage: Sendable {
        public var firstSize: UInt64?
        public var lastSize: UInt64?
        public var firstTimestamp: UInt64?
        public var lastTimestamp: UInt64?
        /// What the roots were recomputed from.
        public var leaves = Leaves.none
        public var range = AuditRange()
        /// Heads that were read and lie outside of the range.
        public var headsOutsideRange = 0
        /// Heads that say they are beyond the range, and stand before one in it: they were not judged.
        public var headsMisplaced = 0
        /// Heads of which a watcher's retention kept the hash and the root alone.
        public var headsThinned = 0
        /// Whether the heads came as one answer of /sth/chain, which may be capped.
        public var isCapturedAnswer = false

        public enum Leaves: String, Sendable {
            case none, registrations
            case storedHashes = "stored-hashes"
        }

        public var leavesGiven: Bool { leaves != .none }

        public var leavesRead: UInt64 = 0
        public var idsThatCanPoseAsNodes: UInt64 = 0
        /// Heads whose root could not be recomputed, since a registration before could not be read.
        public var rootsBehindMalformedLeaf = 0
        /// Heads smaller than one before them, whose root the single pass over the leaves had left behind.
        public var rootsPassed = 0

        mutating func note(_ head: SignedTreeHead) {
            firstSize = min(firstSize ?? .max, head.treeSize)
            lastSize = max(lastSize ?? 0, head.treeSize)
            firstTimestamp = min(firstTimestamp ?? .max, head.timestamp)
            lastTimestamp = max(lastTimestamp ?? 0, head.timestamp)
            headsChecked += 1
        }
        public internal(set) var headsChecked = 0

        private var rangeText: String {
            switch (range.from, range.to) {
            case (let from?, let to?): "\(from) to \(to)"
            case (let from?, nil): "\(from) and later"
            case (nil, let to?): "up to \(to)"
            case (nil, nil): "the range"
            }
        }

        /// The rules that were not checked, or not everywhere, each with its reason.
        public var notChecked: [String] {
            var reasons: [String] = []
            if !leavesGiven { reasons.append("roots not recomputed: no leaves given") }
            if leaves == .storedHashes {
                reasons.append(
                    "registrations not read: roots are recomputed from the leaf hashes that a watcher made of them")
            }
            if headsOutsideRange > 0 { reasons.append("\(headsOutsideRange) heads outside of \(rangeText)") }
            if headsMisplaced > 0 {
                reasons.append(
                    "\(headsMisplaced) of them stand before heads in it, and call themselves larger or newer: judge them "
                        + "without an end")
            }
            if headsThinned > 0 {
                reasons.append("signatures of \(headsThinned) heads that the watcher's retention thinned")
            }
            if isCapturedAnswer { reasons.append("heads behind those of the captured answer, which a server may cap") }
            if rootsBehindMalformedLeaf > 0 {
                reasons.append("\(rootsBehindMalformedLeaf) roots not recomputed: a registration could not be read")
            }
            if rootsPassed > 0 {
                reasons.append("\(rootsPassed) roots not recomputed: the head is smaller than one before it")
            }
            return reasons
        }
    }

    public let name: String
    public let logID: String
    public let dialect: CanonicalJSON
    public var signaturesChecked = 0
    public var rootsChecked = 0
    public internal(set) var findings: [Finding] = []
    /// All findings by rule, those that were not kept included.
    public internal(set) var counts: [Rule: Int] = [:]
    var severities: Set<Severity> = []
    public var coverage = Coverage()
    /// What proves contradictions between heads; the findings name the hashes of the files.
    public internal(set) var evidence: [Evidence] = []

    public init(name: String, logID: String, dialect: CanonicalJSON) {
        self.name = name
        self.logID = logID
        self.dialect = dialect
    }

    public var headsChecked: Int { coverage.headsChecked }

    mutating func add(_ finding: Finding, at line: JSONLine? = nil) {
        counts[finding.rule, default: 0] += 1
        severities.insert(finding.severity)
        guard counts[finding.rule, default: 0] <= Self.keptPerRule else { return }
        var finding = finding.bounded()
        if let line, finding.line == nil {
            finding.line = line.number
            finding.byteOffset = line.byteOffset
        }
        findings.append(finding)
    }

    public var verdict: Verdict {
        if severities.contains(.violation) { return .violation }
        // A run that checked nothing is never clean.
        return severities.contains(.unchecked) || headsChecked == 0 || coverage.rootsBehindMalformedLeaf > 0
            || coverage.rootsPassed > 0 || coverage.headsMisplaced > 0 ? .incomplete : .clean
    }

    /// 0 clean, 1 violation, 3 could not check; under `strict` a warning counts as a violation.
    public func exitCode(strict: Bool) -> Int32 {
        switch verdict {
        case .violation: 1
        case .incomplete: 3
        case .clean: strict && severities.contains(.warning) ? 1 : 0
        }
    }
}
