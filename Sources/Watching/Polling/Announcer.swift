import Foundation
import LogFiles
public import Logging
import TransparencyLog

/// Tells people of findings: evidence is on the disk before the alert that names it.
///
/// What was stored and not told yet is told after a restart; what was told is marked, and told once.
public struct Announcer: Sendable {
    private let folder: String
    private let logger: Logger

    public init(folder: String, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    func announce(_ log: WatchedLog, _ store: any HeadStore) async throws {
        let findings = try await store.unannounced(of: log.logID)
        guard !findings.isEmpty else { return }
        for finding in findings {
            if let hash = finding.evidence { try await writeEvidence(hash, log, store) }
            alert(finding, log)
        }
        try await store.markAnnounced(findings, logID: log.logID)
    }

    /// Where a file of evidence is kept.
    func path(of hash: Digest) -> String { "\(folder)/\(hash.hex.prefix(16)).json" }

    private func writeEvidence(_ hash: Digest, _ log: WatchedLog, _ store: any HeadStore) async throws {
        let path = path(of: hash)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        guard let evidence = try await store.evidence(hash, logID: log.logID) else { throw DamagedStore("evidence") }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AtomicFile.write(evidence.bytes, to: path)
    }

    private func alert(_ stored: StoredFinding, _ log: WatchedLog) {
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
        let level: Logger.Level =
            switch finding.severity {
            case .violation: .critical
            case .unchecked: .error
            case .warning: .warning
            }
        logger.log(level: level, "alert: \(finding.rule.documentation)", metadata: metadata)
    }
}
