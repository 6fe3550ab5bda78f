import Foundation
import GRDB
import TransparencyLog

extension PollRecord {
    init(_ row: Row) {
        self.init(logID: row["log_id"])
        successAt = (row["success_at"] as Int64?).map { UInt64($0) }
        failureAt = (row["failure_at"] as Int64?).map { UInt64($0) }
        failure = row["failure"]
    }
}

extension FindingItem {
    init(_ row: Row) throws {
        self.init(
            id: row["id"], logID: row["log_id"], name: row["name"], stored: try StoredFinding(row), alert: row["alert"])
    }
}

extension AlertItem {
    init(_ row: Row) throws {
        guard let severity = Severity(rawValue: row["severity"]) else { throw DamagedStore("alerts.severity") }
        self.init(
            id: row["id"], logID: row["log_id"], name: row["log_name"], kind: row["kind"], severity: severity,
            findings: row["findings"], openedAt: UInt64(row["opened_at"] as Int64),
            updatedAt: UInt64(row["updated_at"] as Int64),
            closedAt: (row["closed_at"] as Int64?).map { UInt64($0) },
            acknowledgedAt: (row["acknowledged_at"] as Int64?).map { UInt64($0) },
            acknowledgedBy: row["acknowledged_by"], note: row["note"])
    }
}
