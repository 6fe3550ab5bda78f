import Foundation
import GRDB
import TransparencyLog

/// Every finding against its evidence, and all evidence against its hash and the rules.
struct FindingCheck {
    let rows: LogRows
    let trust: TrustFile?

    func run(_ counts: inout StoreCheck.Counts, _ problems: inout [String]) throws {
        var last: Int64 = 0
        while true {
            let page = try rows.fetch(
                """
                SELECT findings.*, EXISTS (
                    SELECT 1 FROM evidence WHERE evidence.log = findings.log AND hash = findings.evidence) AS proved
                FROM findings WHERE log = ? AND id > ? ORDER BY id LIMIT ?
                """, [rows.log, last, StoreChecker.page])
            guard let id = page.last?["id"] as Int64? else { break }
            last = id
            for row in page {
                let finding = try StoredFinding(row)
                counts.findings += 1
                if let hash = finding.evidence, row["proved"] == false {
                    problems.append("finding \(finding.finding.rule.rawValue): its evidence \(hash.hex) is missing")
                }
            }
        }
        try checkEvidence(&counts, &problems)
    }

    private func checkEvidence(_ counts: inout StoreCheck.Counts, _ problems: inout [String]) throws {
        var last = Data()
        while true {
            // A file may be large: one at a time.
            let row = try rows.fetch(
                "SELECT hash, bytes FROM evidence WHERE log = ? AND hash > ? ORDER BY hash LIMIT 1", [rows.log, last]
            ).first
            guard let row else { return }
            last = row["hash"]
            counts.evidence += 1
            let bytes = Array(row["bytes"] as Data)
            let name = "evidence \(Hex.encode(Array(last)))"
            guard Digest.sha256(bytes).bytes == Array(last) else {
                problems.append("\(name): was changed")
                continue
            }
            do {
                let evidence = try Evidence(json: bytes)
                guard let trust else { continue }
                if case .agree = EvidenceChecker(trust: trust).check(evidence), evidence.kind != .rootMismatch {
                    problems.append("\(name): its heads agree with each other")
                }
            } catch { problems.append("\(name): cannot be read: \(error)") }
        }
    }
}
