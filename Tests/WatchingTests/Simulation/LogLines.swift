import Foundation
import Synchronization
import TransparencyLog

@testable import Watching

/// The alerts in the watcher's own log, each held against the evidence on the disk at the moment it is written.
final class LogLines: Sendable {
    private let counts = Mutex<[String: Int]>([:])
    private let verdicts: Verdicts
    private let evidence: EvidenceDisk

    init(_ verdicts: Verdicts, _ evidence: EvidenceDisk) {
        self.verdicts = verdicts
        self.evidence = evidence
    }

    func write(_ line: String) {
        guard line.contains(#""message":"alert: "#), let value = try? JSONReader.parse(Array(line.utf8)),
            let metadata = value["metadata"], let rule = metadata["rule"]?.text?.description
        else { return }
        let size = metadata["tree_size"]?.text?.description ?? ""
        let found = metadata["found"]?.text?.description ?? ""
        counts.withLock { $0["\(rule) \(size) \(found)", default: 0] += 1 }
        if metadata["evidence_problem"] == nil, let path = metadata["evidence"]?.text?.description,
            let hash = (metadata["evidence_sha256"]?.text?.description).flatMap(Hex.decode).flatMap({ Digest($0) })
        {
            evidence.check(path, hash, "the log says so", verdicts)
        }
    }

    private static func key(_ finding: Finding) -> String {
        "\(finding.rule.rawValue) \(finding.treeSize.map(String.init) ?? "") \(finding.found)"
    }

    /// - Parameters:
    ///   - unmarked: findings whose mark was lost: they may have been logged once more, or not at all.
    ///   - isOver: whether all must have been told by now.
    func check(_ findings: [StoredFinding], unmarked: [StoredFinding], isOver: Bool) {
        let stored = findings.reduce(into: [:]) { $0[Self.key($1.finding), default: 0] += 1 }
        let again = unmarked.reduce(into: [:]) { $0[Self.key($1.finding), default: 0] += 1 }
        let told = counts.withLock { $0 }
        for (key, count) in told where count > stored[key, default: 0] + again[key, default: 0] {
            verdicts.report("logged twice", "\(key): \(count) times")
        }
        guard isOver else { return }
        for (key, count) in stored where told[key, default: 0] < count { verdicts.report("never told", "log: \(key)") }
    }
}
