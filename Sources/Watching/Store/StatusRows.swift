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
