import Foundation
import LogFiles
import Logging
import TransparencyLog

/// Tells people of findings: evidence is on the disk before the alert that names it.
///
/// What was stored and not told yet is told after a restart; what was told is marked, and told once. The line in the log
/// is written here, one a finding; the sinks are told of alerts, and only after this is done.
struct Announcer: Sendable {
    /// Hashes of evidence that are read at a time.
    private static let page = 256

    private let folder: String
    private let logger: Logger
    private let troubles: TroubleDesk

    init(folder: String, troubles: TroubleDesk, logger: Logger) {
        self.folder = folder
        self.troubles = troubles
        self.logger = logger
    }

    /// Tells of all findings that nobody was told of.
    ///
    /// A file that cannot be written holds no alert back: the evidence is in the store, and the alert says so.
    func announce(_ log: LogReference, _ store: any HeadStore) async throws {
        // What could not be written is tried again, until it can.
        if await troubles.isOpen(trouble(log)) { try await restoreEvidence(log, store) }
        for finding in try await store.unannounced(of: log.logID) {
            try Task.checkCancellation()
            // As a whole, whoever cancels: stopped in between, it would be told without its evidence, or again.
            try await Task { try await tell(finding, log, store) }.value
        }
    }

    private func tell(_ finding: StoredFinding, _ log: LogReference, _ store: any HeadStore) async throws {
        var problem: String?
        if let hash = finding.evidence {
            do { try await writeEvidence(hash, log, store) } catch {
                problem = "\(error)"
                await troubles.raise(trouble(log, error))
            }
        }
        alert(finding, log, problem: problem)
        try await store.markAnnounced([finding], logID: log.logID)
    }

    /// Writes the files of evidence that are missing: a disk was full, or a folder was lost.
    func restoreEvidence(_ log: LogReference, _ store: any HeadStore) async throws {
        var last: Digest?
        repeat {
            let page = try await store.evidenceHashes(of: log.logID, after: last, limit: Self.page)
            for hash in page {
                do { try await writeEvidence(hash, log, store) } catch {
                    // A stop is no trouble of the disk's.
                    try Task.checkCancellation()
                    return await troubles.raise(trouble(log, error))
                }
            }
            last = page.last
        } while last != nil
        await troubles.resolve(trouble(log))
    }

    private func trouble(_ log: LogReference, _ error: (any Error)? = nil) -> RaisedTrouble {
        RaisedTrouble(
            kind: .evidenceUnwritable, logID: log.logID, logName: log.name, detail: error.map { "\($0)" } ?? "")
    }

    /// Where a file of evidence is kept.
    func path(of hash: Digest) -> String { Self.path(of: hash, in: folder) }

    static func path(of hash: Digest, in folder: String) -> String { "\(folder)/\(hash.hex.prefix(16)).json" }

    private func writeEvidence(_ hash: Digest, _ log: LogReference, _ store: any HeadStore) async throws {
        let path = path(of: hash)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        guard let evidence = try await store.evidence(hash, logID: log.logID) else { throw DamagedStore("evidence") }
        try DurableFolder.make(folder)
        try AtomicFile.write(evidence.bytes, to: path)
    }

    private func alert(_ stored: StoredFinding, _ log: LogReference, problem: String?) {
        let finding = stored.finding
        var metadata: Logger.Metadata = [
            "log": "\(log.name)", "log_id": "\(log.logID)", "rule": "\(finding.rule.rawValue)",
            "severity": "\(finding.severity.rawValue)", "expected": "\(finding.expected)",
            "found": "\(finding.found)",
        ]
        if let size = finding.treeSize { metadata["tree_size"] = "\(size)" }
        if let hash = stored.evidence {
            metadata["evidence"] = "\(path(of: hash))"
            metadata["evidence_sha256"] = "\(hash.hex)"
            metadata["check"] = "nexo-audit evidence \(path(of: hash)) --trust \(log.trustPath)"
        }
        if let problem { metadata["evidence_problem"] = "in the store alone, and tried again at each poll: \(problem)" }
        let level: Logger.Level =
            switch finding.severity {
            case .violation: .critical
            case .unchecked: .error
            case .warning: .warning
            }
        logger.log(level: level, "alert: \(finding.rule.documentation)", metadata: metadata)
    }
}
