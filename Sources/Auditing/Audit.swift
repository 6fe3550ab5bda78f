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
        /// The checker's clock, in seconds since 1970: a head further ahead than `tolerance` is in the future.
        public var now: UInt64
        public var tolerance: UInt64 = 300

        public init(trust: TrustFile, heads: String, leaves: String?, now: UInt64) {
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

    private init(_ inputs: Inputs) throws(LogFileError) {
        self.inputs = inputs
        verifier = HeadVerifier(trust: inputs.trust)
        chain = ChainVerifier(verifier: verifier)
        leaves = try inputs.leaves.map { path throws(LogFileError) in try LeafCursor(path: path) }
        report = AuditReport(name: inputs.trust.name, logID: inputs.trust.logID, dialect: inputs.trust.canonical)
        report.coverage.leavesGiven = inputs.leaves != nil
    }

    /// Reads and judges everything.
    public static func run(_ inputs: Inputs) throws(LogFileError) -> AuditReport {
        var audit = try Audit(inputs)
        return try audit.run()
    }

    private mutating func run() throws(LogFileError) -> AuditReport {
        if let standing = verifier.standingFinding { report.add(standing) }
        var reader = try JSONLinesReader(path: inputs.heads)
        while let line = try reader.next() {
            try check(line)
        }
        for finding in chain.finish() { report.add(finding) }
        report.coverage.leavesRead = leaves?.count ?? 0
        report.coverage.idsThatCanPoseAsNodes = leaves?.posingIDs ?? 0
        return report
    }

    private mutating func check(_ line: JSONLine) throws(LogFileError) {
        let head: SignedTreeHead
        do {
            head = try SignedTreeHead(try JSONReader.parse(line.bytes, maximumBytes: 1 << 20))
        } catch {
            let isTorn = !line.isTerminated
            let finding = Finding(
                .headMalformed, severity: isTorn ? .unchecked : .violation, expected: "a signed tree head",
                found: isTorn ? "truncated at byte \(line.byteOffset + UInt64(line.bytes.count)): \(error)" : "\(error)"
            )
            report.add(finding, at: line)
            chain.skipUnreadable()
            return
        }
        let judged = verifier.verify(head)
        report.coverage.note(head)
        report.signaturesChecked += judged.signaturesChecked
        for finding in judged.findings + chain.check(judged, line: line.number, byteOffset: line.byteOffset) {
            report.add(finding, at: line)
        }
        if head.timestamp > inputs.now &+ inputs.tolerance {
            report.add(
                Finding(
                    .timestampFuture, treeSize: head.treeSize, expected: "at most \(inputs.now + inputs.tolerance)",
                    found: "\(head.timestamp)"), at: line)
        }
        try checkRoot(head, at: line)
    }

    private mutating func checkRoot(_ head: SignedTreeHead, at line: JSONLine) throws(LogFileError) {
        if head.treeSize == 0 {
            report.rootsChecked += 1
            if let finding = TreeVerifier.checkEmpty(head) { report.add(finding, at: line) }
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
            report.coverage.rootsPassed += 1
        } else {
            report.rootsChecked += 1
            if let finding = cursor.tree.check(head) { report.add(finding, at: line) }
        }
    }
}
