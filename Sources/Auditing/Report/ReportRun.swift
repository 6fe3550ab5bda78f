public import LogFiles
import Synchronization
public import TransparencyLog

/// Makes a report from files: hashes them, audits them, and takes the figures on the heads.
public struct ReportRun: Sendable {
    public var trust: TrustFile
    /// The trust file as it was read.
    public var trustInput: InputFile
    /// What is audited; its clock is the report's time.
    public var audit: Audit.Inputs
    public var created: UInt64?
    public var maximumHeadAge: UInt64

    public init(
        trust: TrustFile, trustInput: InputFile, heads: String, leaves: String?, created: UInt64? = nil,
        maximumHeadAge: UInt64 = ComplianceReport.defaultHeadAge, jobs: Int = 1
    ) {
        self.init(
            trustInput: trustInput, audit: .init(trust: trust, heads: heads, leaves: leaves, now: 0, jobs: jobs),
            created: created, maximumHeadAge: maximumHeadAge)
    }

    public init(
        trustInput: InputFile, audit: Audit.Inputs, created: UInt64?,
        maximumHeadAge: UInt64 = ComplianceReport.defaultHeadAge
    ) {
        trust = audit.trust
        self.trustInput = trustInput
        self.audit = audit
        self.created = created
        self.maximumHeadAge = maximumHeadAge
        // Without a time there is no clock: the machine's own would make another report of the same files each second.
        self.audit.now = created ?? JSONNumber.largestPlainInteger
    }

    public func callAsFunction() async throws(LogFileError) -> ComplianceReport {
        let files = files
        for (_, path) in files where !RegularFile.isThere(path) {
            throw LogFileError(
                path: path, reason: "is no file: a report names its inputs by hash, and reads them for that")
        }
        let marks = files.map { InputFile.mark($0.path) }
        try checkStore()
        var inputs = [trustInput]
        for (role, path) in files { inputs.append(try InputFile(role: role, path: path)) }
        let statistics = Mutex(
            ReportStatistics(
                trust: trust, maximumHeadAge: maximumHeadAge, notAfter: created.map { $0 &+ ChainVerifier.tolerance },
                begin: audit.range.begin))
        var audit = audit
        audit.onHead = { head in statistics.withLock { $0.note(head) } }
        let report = try await Audit.run(audit)
        for ((_, path), mark) in zip(files, marks) where InputFile.mark(path) != mark {
            throw LogFileError(path: path, reason: "changed while it was read; take a copy and report on that")
        }
        try checkStore()
        return ComplianceReport(
            audit: report, statistics: statistics.withLock { $0 }, inputs: inputs, created: created)
    }

    /// What a watcher wrote last lies beside its database, and no hash in the report would name it.
    private func checkStore() throws(LogFileError) {
        guard case .store(let path, _) = audit.heads, let size = InputFile.mark("\(path)-wal").dropFirst(2).first,
            size > 0
        else { return }
        throw LogFileError(
            path: "\(path)-wal",
            reason: "holds what is not in the database yet; stop the watcher before the report, or make a copy for it: "
                + "sqlite3 \(path) \"VACUUM INTO 'copy.db'\"")
    }

    private var files: [(role: InputFile.Role, path: String)] {
        var files: [(InputFile.Role, String)] = []
        switch audit.heads {
        case .file(let path), .store(let path, _): files.append((.heads, path))
        }
        if case .file(let path) = audit.leaves { files.append((.leaves, path)) }
        return files
    }
}
