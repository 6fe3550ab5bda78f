public import LogFiles
public import TransparencyLog

/// An audit of two files: the published heads, and the registrations where they are at hand.
///
/// Both are read once, in step, in memory that does not grow with them.
public struct Audit {
    /// Where heads come from.
    public enum HeadInput: Hashable, Sendable {
        /// A JSONL file, `-`, or a captured answer of /sth/chain.
        case file(String)
        /// A watcher's database, and the log's name or log_id in it.
        case store(String, log: String)
    }

    public enum LeafInput: Hashable, Sendable {
        case file(String)
        /// The hashes of the leaves that the watcher read.
        case store(String, log: String)
    }

    public struct Inputs: Sendable {
        public var trust: TrustFile
        public var heads: HeadInput
        public var leaves: LeafInput?
        /// The checker's clock, in seconds since 1970: a head too far ahead of it is in the future.
        public var now: UInt64
        /// Tasks that verify signatures at once. The verdict does not depend on it.
        public var jobs: Int
        /// How signatures are verified. The verdict does not depend on it either.
        public var engine = Ed25519Engine.auto
        public var range = AuditRange()
        /// Distinct heads back among which a fork is recognised.
        public var window = ChainVerifier.window
        /// Told of each head in the order of the chain.
        public var onHead: (@Sendable (AuditedHead) -> Void)?
        /// Told now and then of how many heads and leaves were read, and how many bytes of the heads.
        public var onProgress: (@Sendable (AuditProgress) -> Void)?

        public init(trust: TrustFile, heads: HeadInput, leaves: LeafInput?, now: UInt64, jobs: Int = 1) {
            self.jobs = jobs
            self.trust = trust
            self.heads = heads
            self.leaves = leaves
            self.now = now
        }

        public init(trust: TrustFile, heads: String, leaves: String?, now: UInt64, jobs: Int = 1) {
            self.init(trust: trust, heads: .file(heads), leaves: leaves.map { .file($0) }, now: now, jobs: jobs)
        }
    }

    let inputs: Inputs
    let verifier: HeadVerifier
    var chain: ChainVerifier
    var leaves: LeafCursor?
    var report: AuditReport
    var recorder: EvidenceRecorder
    private var walk: RangeWalk
    /// The heads of the range alone, where it ends before the chain may: what follows is compared with these.
    private var taken: ChainVerifier?
    /// Heads behind the range of which a fork was told, which may be there again and again.
    private var toldOutside: Set<Digest> = []
    private static let mostOutside = 1_000
    /// Lines behind the range that are no heads: they count where a head of the range comes after them.
    private var behind: AuditReport
    var deferred: [Deferred] = []

    init(_ inputs: Inputs) throws(LogFileError) {
        self.inputs = inputs
        walk = RangeWalk(inputs.range)
        verifier = HeadVerifier(trust: inputs.trust, engine: inputs.engine)
        chain = ChainVerifier(verifier: verifier, window: inputs.window, now: inputs.now)
        if inputs.range.to != nil { taken = ChainVerifier(verifier: verifier, window: inputs.window) }
        recorder = EvidenceRecorder(verifier: verifier, source: inputs.heads.name, window: inputs.window)
        report = AuditReport(inputs.trust)
        behind = report
        report.coverage.range = inputs.range
        let onProgress = inputs.onProgress
        leaves = try inputs.leaves.map { input throws(LogFileError) in
            try LeafCursor(input, logID: inputs.trust.logID) { leaves in onProgress?(AuditProgress(leaves: leaves)) }
        }
        report.coverage.leaves =
            switch inputs.leaves {
            case nil: .none
            case .file: .registrations
            case .store: .storedHashes
            }
    }

    /// Reads and judges everything.
    public static func run(_ inputs: Inputs) async throws(LogFileError) -> AuditReport {
        // Before the leaves: where a watcher goes on meanwhile, it has those of each head that was read.
        let heads = try HeadLines(inputs.heads, logID: inputs.trust.logID)
        var audit = try Audit(inputs)
        return try await audit.run(heads)
    }

    /// What is kept of a head whose root is recomputed later: of the head itself a file may have a mebibyte.
    struct Deferred {
        let treeSize: UInt64
        let root: Digest
        let line: Int
        let byteOffset: UInt64
    }

    /// Heads smaller than one before them, whose roots are recomputed in a second walk through the leaves.
    static let deferredHeads = 100_000

    private mutating func run(_ heads: HeadLines) async throws(LogFileError) -> AuditReport {
        if let standing = verifier.standingFinding { report.add(standing) }
        report.coverage.isCapturedAnswer = heads.isCapturedAnswer
        try await judge(heads.next)
        try finish()
        try checkDeferred()
        report.evidence = recorder.evidence
        return report
    }

    /// Bytes of heads that one task takes at a time: what a head says may take a hundred times its text in memory.
    private static let bytesAtOnce = 1 << 20

    /// Judges entries until there are none.
    mutating func judge(_ next: () throws(LogFileError) -> HeadEntry?) async throws(LogFileError) {
        let judge = HeadJudge(verifier: verifier, jobs: inputs.jobs)
        try await judge.judge { (count) throws(LogFileError) in
            var entries: [HeadEntry] = []
            var bytes = 0
            while entries.count < count, bytes < Self.bytesAtOnce, let entry = try next() {
                entries.append(entry)
                if case .line(let line) = entry { bytes += line.bytes.count }
            }
            return entries
        } check: { (part) throws(LogFileError) in
            try check(part)
            guard let line = part.last?.line else { return }
            let bytes = line.byteOffset + UInt64(line.bytes.count)
            inputs.onProgress?(AuditProgress(heads: .init(count: UInt64(line.number), bytes: bytes)))
        }
    }

    /// What is left to be said at the end of the chain, but for the roots that were passed.
    mutating func finish() throws(LogFileError) {
        for finding in chain.finish() { report.add(finding) }
        // A torn last line, or a false leaf_hash, behind the newest head is told of too.
        if inputs.range.to == nil {
            for finding in try leaves?.advance(to: .max) ?? [] { report.add(finding) }
        }
        report.coverage.headsMisplaced = walk.misplaced
        report.coverage.headsOutsideRange += behind.counts.values.reduce(0, +)
        report.coverage.leavesRead = leaves?.count ?? 0
        report.coverage.idsThatCanPoseAsNodes = leaves?.posingIDs ?? 0
    }

    private mutating func check(_ entries: [HeadJudge.Judged]) throws(LogFileError) {
        for entry in entries {
            switch entry {
            case .malformed(let error, let line): addMalformed(line, error)
            case .judged(let judged, let line):
                if takes(.init(judged.head)) { try check(judged, at: line) } else { pass(judged, line) }
            case .thinned(let known): passThinned(known)
            case .unread: chain.skipUnreadable()
            }
        }
    }

    private mutating func takes(_ head: AuditRange.Place) -> Bool {
        guard walk.takes(head) else { return false }
        if !behind.counts.isEmpty {
            report.add(behind)
            behind = AuditReport(inputs.trust)
        }
        return true
    }

    /// Of a head outside of the range nothing is said but what it contradicts in it; those in it continue it, contradict it, and
    /// add up with its signatures.
    private mutating func pass(_ judged: JudgedHead, _ line: JSONLine) {
        report.coverage.headsOutsideRange += 1
        guard let known = ChainVerifier.Known(judged) else { return chain.skipUnreadable() }
        if walk.hasBegun {
            if var fork = taken?.fork(by: known), toldOutside.count < Self.mostOutside,
                toldOutside.insert(known.hash).inserted
            {
                fork.finding.evidence = recorder.record(
                    fork.contradiction, judged, line: line.bytes, fork.rival.hash)
                report.add(fork.finding, at: line)
            }
        } else {
            inputs.onHead?(.before(timestamp: known.timestamp, hasQuorum: verifier.isQuorum(known.signers)))
        }
        recorder.note(judged, line: line.bytes)
        chain.pass(known)
    }

    /// What retention left of a head is not judged; when it was, and who signed it, is the watcher's word.
    private mutating func passThinned(_ known: ChainVerifier.Known) {
        if takes(.init(known)) {
            report.coverage.headsThinned += 1
            inputs.onHead?(.thinned(known))
            // It was verified: what came before it in the order of sizes may be the other side of a fork.
            if let fork = chain.fork(by: known) { report.add(fork.finding) }
            taken?.remember(known)
        } else {
            report.coverage.headsOutsideRange += 1
            if !walk.hasBegun {
                inputs.onHead?(.before(timestamp: known.timestamp, hasQuorum: verifier.isQuorum(known.signers)))
            }
        }
        chain.pass(known)
    }

    private mutating func addMalformed(_ line: JSONLine, _ error: any Error) {
        let isTorn = !line.isTerminated
        let end = line.byteOffset + UInt64(line.bytes.count)
        let finding = Finding(
            .headMalformed, severity: isTorn ? .unchecked : .violation, expected: "a signed tree head",
            found: isTorn ? "truncated at byte \(end): \(error)" : "\(error)")
        if walk.isBeyond { behind.add(finding, at: line) } else { report.add(finding, at: line) }
        chain.skipUnreadable()
    }

    private mutating func check(_ judged: JudgedHead, at line: JSONLine) throws(LogFileError) {
        let head = judged.head
        report.coverage.note(head)
        report.signaturesChecked += judged.signaturesChecked
        var verdict = chain.judge(judged, line: line.number, byteOffset: line.byteOffset)
        if let rival = verdict.rival, let index = verdict.findings.firstIndex(where: { $0.rule.isContradiction }) {
            verdict.findings[index].evidence = recorder.record(
                rival.contradiction, judged, line: line.bytes, rival.hash)
        }
        inputs.onHead?(.judged(judged, hasQuorum: verdict.hasQuorum))
        if let known = ChainVerifier.Known(judged) { taken?.remember(known) }
        recorder.note(judged, line: line.bytes)
        for finding in verdict.earlier + judged.findings + verdict.findings { report.add(finding, at: line) }
        try checkRoot(head, at: line)
    }

    private mutating func checkRoot(_ head: SignedTreeHead, at line: JSONLine) throws(LogFileError) {
        if head.treeSize == 0 {
            // Without leaves, as the head was judged.
            report.rootsChecked += 1
            return
        }
        guard let cursor = leaves else { return }
        for finding in try cursor.advance(to: head.treeSize) { report.add(finding) }
        if let broken = cursor.brokenAt, head.treeSize >= broken {
            report.coverage.rootsBehindMalformedLeaf += 1
        } else if cursor.count < head.treeSize {
            report.add(
                Finding(
                    .leavesMissing, treeSize: head.treeSize, expected: "\(head.treeSize) registrations",
                    found: "\(cursor.count)"), at: line)
        } else if cursor.count > head.treeSize {
            // A head smaller than one before it: its root is one that was passed already.
            if deferred.count < Self.deferredHeads {
                deferred.append(
                    Deferred(
                        treeSize: head.treeSize, root: head.root, line: line.number, byteOffset: line.byteOffset))
            } else {
                report.coverage.rootsPassed += 1
            }
        } else {
            report.rootsChecked += 1
            if let finding = cursor.tree.check(head) { report.add(finding, at: line) }
        }
    }

    /// The roots that the first walk had passed.
    mutating func checkDeferred() throws(LogFileError) {
        guard let input = inputs.leaves, !deferred.isEmpty else { return }
        // Standard input cannot be read twice.
        guard input != .file("-") else {
            report.coverage.rootsPassed += deferred.count
            return
        }
        let again = try LeafCursor(input, logID: inputs.trust.logID)
        for head in deferred.sorted(by: { $0.treeSize < $1.treeSize }) {
            _ = try again.advance(to: head.treeSize)
            guard again.count == head.treeSize else {
                report.coverage.rootsPassed += 1
                continue
            }
            report.rootsChecked += 1
            guard var finding = again.tree.check(treeSize: head.treeSize, root: head.root) else { continue }
            (finding.line, finding.byteOffset) = (head.line, head.byteOffset)
            report.add(finding)
        }
    }
}

extension Audit.HeadInput {
    /// The input without its folder: evidence says where a head was seen, and not on whose disk.
    var name: String {
        switch self {
        case .file(let path), .store(let path, _): InputFile.baseName(path)
        }
    }
}

extension Rule {
    /// The rules that two signed heads alone prove broken.
    var isContradiction: Bool { self == .sameSizeDifferentRoot || self == .branch }
}
