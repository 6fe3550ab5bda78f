import Foundation
import TransparencyLog

/// Makes messages of alerts: with their first findings, the evidence on the disk, and the commands for the reader.
struct MessageWriter: Sendable {
    private let store: any AlertStore
    private let evidenceFolder: String
    private let configurationPath: String
    /// Paths of the trust files by log_id.
    private let trustPaths: [String: String]

    init(_ configuration: WatchConfiguration, logs: [WatchedLog], store: any AlertStore) {
        self.store = store
        evidenceFolder = configuration.evidence
        configurationPath = configuration.path ?? "watch.yaml"
        trustPaths = Dictionary(logs.map { ($0.logID, $0.trustPath) }) { first, _ in first }
    }

    func message(of alert: StoredAlert) async throws -> AlertMessage {
        var message = AlertMessage(alert: alert)
        if case .rule = alert.kind {
            // The alert was read some time ago: findings that joined it since are of a later revision.
            let limit = min(AlertMessage.quotedFindings, Int(alert.findings))
            message.items = try await store.findings(ofAlert: alert.id, limit: limit).map {
                .init(finding: $0.finding, evidence: $0.evidence.map { file($0, alert.logID) })
            }
        }
        if alert.closedAt == nil, alert.acknowledgement == nil {
            message.acknowledge =
                "nexo-watch ack \(alert.id) --revision \(alert.revision) --config "
                + "\(PlainText.shellWord(configurationPath)) --note 'what was done'"
        }
        return message
    }

    private func file(_ hash: Digest, _ logID: String) -> AlertMessage.EvidenceFile {
        let path = Announcer.path(of: hash, in: evidenceFolder)
        let trust = trustPaths[logID] ?? LogReference.unknownTrust
        return .init(
            path: path, sha256: hash,
            check: "nexo-audit evidence \(PlainText.shellWord(path)) --trust \(PlainText.shellWord(trust))",
            isOnDisk: FileManager.default.fileExists(atPath: path))
    }
}
