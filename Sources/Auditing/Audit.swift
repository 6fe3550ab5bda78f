public import LogFiles
public import TransparencyLog

/// An audit of two files: the published heads, and the registrations where they are at hand.
///
/// Both are read once, in step, in memory that does not grow with them.
public struct Audit {
    public struct Inputs: Sendable {
        public var trust: TrustFile
        public var heads: String
        public var leaves: String?
        /// The checker's clock, in seconds since 1970: a head too far ahead of it is in the future.
        public var now: UInt64
        /// Tasks that verify signatures at once. The verdict does not depend on it.
        public var jobs: Int

        public init(trust: TrustFile, heads: String, leaves: String?, now: UInt64, jobs: Int = 1) {
            self.jobs = jobs
            self.trust = trust
            self.heads = heads
            self.leaves = leaves
            self.now = now
        }
    }

    private let inputs: Inputs
    private let verifier: HeadVerifier
    private var chain: ChainVerifier
    private var leaves: LeafCursor?
    private var report: AuditReport
    private var deferred: [(head: SignedTreeHead, line: JSONLine)] = []

    private init(_ inputs: Inputs) throws(LogFileError) {
        self.inputs = inputs
        verifier = HeadVerifier(trust: inputs.trust)
        chain = ChainVerifier(verifier: verifier, now: inputs.now)
        leaves = try inputs.leaves.map { path throws(LogFileError) in try LeafCursor(path: path) }
        report = AuditReport(name: inputs.trust.name, logID: inputs.trust.logID, dialect: inputs.trust.canonical)
        report.coverage.leavesGiven = inputs.leaves != nil
    }

    /// Reads and judges everything.
    public static func run(_ inputs: Inputs) async throws(LogFileError) -> AuditReport {
        var audit = try Audit(inputs)
        return try await audit.run()
    }

    /// Lines that are read and verified together.
    private static let batch = 4_096
    /// Heads smaller than one before them, whose roots are recomputed in a second walk through the leaves.
    private static let deferredHeads = 100_000

    private mutating func run() async throws(LogFileError) -> AuditReport {
        if let standing = verifier.standingFinding { report.add(standing) }
        var reader = try JSONLinesReader(path: inputs.heads)
        while true {
            var lines: [JSONLine] = []
            while lines.count < Self.batch, let line = try reader.next() { lines.append(line) }
            if lines.isEmpty { break }
            try await check(lines)
        }
        for finding in chain.finish() { report.add(finding) }
        // A torn last line, or a false leaf_hash, behind the newest head is told of too.
        for finding in try leaves?.advance(to: .max) ?? [] { report.add(finding) }
        report.coverage.leavesRead = leaves?.count ?? 0
        report.coverage.idsThatCanPoseAsNodes = leaves?.posingIDs ?? 0
        try checkDeferred()
        return report
    }

    private enum Reading {
        case head(SignedTreeHead)
        case malformed(any Error)
    }

    private mutating func check(_ lines: [JSONLine]) async throws(LogFileError) {
        let readings = lines.map(Self.read)
        let heads = readings.compactMap { reading in
            if case .head(let head) = reading { head } else { nil as SignedTreeHead? }
        }
        var judged = await verifier.verify(heads, jobs: inputs.jobs)[...]
        for (line, reading) in zip(lines, readings) {
            switch reading {
            case .malformed(let error): addMalformed(line, error)
            case .head: if let next = judged.popFirst() { try check(next, at: line) }
            }
        }
    }

    private static func read(_ line: JSONLine) -> Reading {
        do { return .head(try SignedTreeHead(JSONReader.parse(line.bytes, maximumBytes: 1 << 20))) } catch {
            return .malformed(error)
        }
    }

    private mutating func addMalformed(_ line: JSONLine, _ error: any Error) {
        let isTorn = !line.isTerminated
        let end = line.byteOffset + UInt64(line.bytes.count)
        let finding = Finding(
            .headMalformed, severity: isTorn ? .unchecked : .violation, expected: "a signed tree head",
            found: isTorn ? "truncated at byte \(end): \(error)" : "\(error)")
        report.add(finding, at: line)
        chain.skipUnreadable()
    }

    private mutating func check(_ judged: JudgedHead, at line: JSONLine) throws(LogFileError) {
        let head = judged.head
        report.coverage.note(head)
        report.signaturesChecked += judged.signaturesChecked
        for finding in judged.findings + chain.check(judged, line: line.number, byteOffset: line.byteOffset) {
            report.add(finding, at: line)
        }
        try checkRoot(head, at: line)
    }

    private mutating func checkRoot(_ head: SignedTreeHead, at line: JSONLine) throws(LogFileError) {
        if head.treeSize == 0 {
            report.rootsChecked += 1
            if let finding = TreeVerifier.checkEmpty(head.root) { report.add(finding, at: line) }
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
                deferred.append((head, line))
            } else {
                report.coverage.rootsPassed += 1
            }
        } else {
            report.rootsChecked += 1
            if let finding = cursor.tree.check(head) { report.add(finding, at: line) }
        }
    }

    /// The roots that the first walk had passed.
    private mutating func checkDeferred() throws(LogFileError) {
        guard let path = inputs.leaves, !deferred.isEmpty else { return }
        let again = try LeafCursor(path: path)
        for (head, line) in deferred.sorted(by: { $0.head.treeSize < $1.head.treeSize }) {
            _ = try again.advance(to: head.treeSize)
            guard again.count == head.treeSize else {
                report.coverage.rootsPassed += 1
                continue
            }
            report.rootsChecked += 1
            if let finding = again.tree.check(head) { report.add(finding, at: line) }
        }
    }
}
