public import LogFiles
public import TransparencyLog

/// Makes a report from files: hashes them, audits them, and takes the figures on the heads.
public struct ReportRun: Sendable {
    public var trust: TrustFile
    /// The trust file as it was read.
    public var trustInput: InputFile
    public var heads: String
    public var leaves: String?
    public var created: UInt64?
    public var maximumHeadAge: UInt64
    public var jobs: Int

    /// A head dated so much later than the report is in the future.
    private static let tolerance: UInt64 = 300

    public init(
        trust: TrustFile, trustInput: InputFile, heads: String, leaves: String?, created: UInt64? = nil,
        maximumHeadAge: UInt64 = ComplianceReport.defaultHeadAge, jobs: Int = 1
    ) {
        self.trust = trust
        self.trustInput = trustInput
        self.heads = heads
        self.leaves = leaves
        self.created = created
        self.maximumHeadAge = maximumHeadAge
        self.jobs = jobs
    }

    public func callAsFunction() async throws(LogFileError) -> ComplianceReport {
        let files = [(InputFile.Role.heads, heads)] + (leaves.map { [(.leaves, $0)] } ?? [])
        let marks = files.map { InputFile.mark($0.1) }
        var inputs = [trustInput]
        for (role, path) in files { inputs.append(try InputFile(role: role, path: path)) }
        // Without a time there is no clock: the machine's own would make another report of the same files each second.
        let now = created ?? JSONNumber.largestPlainInteger
        let audit = try await Audit.run(
            .init(trust: trust, heads: heads, leaves: leaves, now: now, jobs: jobs))
        let statistics = try await readStatistics()
        for ((_, path), mark) in zip(files, marks) where InputFile.mark(path) != mark {
            throw LogFileError(path: path, reason: "changed while it was read; take a copy and report on that")
        }
        return ComplianceReport(audit: audit, statistics: statistics, inputs: inputs, created: created)
    }

    private func readStatistics() async throws(LogFileError) -> ReportStatistics {
        var statistics = ReportStatistics(
            trust: trust, maximumHeadAge: maximumHeadAge, notAfter: created.map { $0 &+ Self.tolerance })
        let verifier = HeadVerifier(trust: trust)
        var reader = try JSONLinesReader(path: heads)
        while true {
            var batch: [SignedTreeHead] = []
            var isAtEnd = false
            while batch.count < 4_096 {
                guard let line = try reader.next() else {
                    isAtEnd = true
                    break
                }
                if let head = Self.head(line) { batch.append(head) }
            }
            for judged in await verifier.verify(batch, jobs: jobs) { statistics.note(judged) }
            if isAtEnd { return statistics }
        }
    }

    /// What is no head is the audit's to report.
    private static func head(_ line: JSONLine) -> SignedTreeHead? {
        do { return try SignedTreeHead(JSONReader.parse(line.bytes, maximumBytes: 1 << 20)) } catch { return nil }
    }
}
