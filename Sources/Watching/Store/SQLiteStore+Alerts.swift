import Foundation
import GRDB
import TransparencyLog

extension SQLiteStore: AlertStore {
    public func alert(_ id: Int64) async throws -> StoredAlert? {
        try await pool.read { try Self.alert(id, $0) }
    }

    private static func alert(_ id: Int64, _ database: Database) throws -> StoredAlert? {
        try Row.fetchOne(database, sql: "SELECT * FROM alerts WHERE id = ?", arguments: [id]).map(StoredAlert.init)
    }

    public func openAlerts() async throws -> [StoredAlert] {
        try await pool.read {
            try Row.fetchAll($0, sql: "SELECT * FROM alerts WHERE closed_at IS NULL ORDER BY id").map(StoredAlert.init)
        }
    }

    public func findings(ofAlert id: Int64, limit: Int) async throws -> [StoredFinding] {
        try await pool.read {
            try Row.fetchAll(
                $0, sql: "SELECT * FROM findings WHERE alert = ? AND announced = 1 ORDER BY id LIMIT ?",
                arguments: [id, limit]
            ).map(StoredFinding.init)
        }
    }

    public func raise(_ trouble: RaisedTrouble, at now: UInt64) async throws -> StoredAlert? {
        try await pool.write { database in
            let kind = AlertKind.trouble(trouble.kind)
            guard try AlertRows.open(trouble.logID, kind, trouble.subject, database) == nil else { return nil }
            let id = try AlertRows.insert(
                .init(
                    kind: kind, severity: kind.severity, logID: trouble.logID, logName: trouble.logName,
                    subject: trouble.subject, detail: trouble.detail, at: now), database)
            return try Self.alert(id, database)
        }
    }

    public func resolve(_ trouble: RaisedTrouble, at now: UInt64) async throws -> StoredAlert? {
        try await pool.write { database in
            guard
                let open = try AlertRows.open(trouble.logID, .trouble(trouble.kind), trouble.subject, database)
            else { return nil }
            try AlertRows.close(open.id, at: now, database)
            return try Self.alert(open.id, database)
        }
    }

    public func acknowledge(
        _ id: Int64, revision: Int64? = nil, _ acknowledgement: StoredAlert.Acknowledgement
    ) async throws -> StoredAlert {
        try await pool.write { database in
            guard let alert = try Self.alert(id, database) else {
                throw AcknowledgementRefused(description: "there is no alert \(id)")
            }
            if let earlier = alert.acknowledgement {
                throw AcknowledgementRefused(
                    description: "alert \(id) was acknowledged by \(earlier.by) at \(AlertTime.utc(earlier.at))")
            }
            guard alert.closedAt == nil else {
                throw AcknowledgementRefused(description: "alert \(id) is over; there is nothing to acknowledge")
            }
            if let revision, alert.revision > revision {
                throw AcknowledgementRefused(
                    description:
                        "alert \(id) has changed since revision \(revision), and has \(alert.count) findings by now: look at it again "
                        + "(nexo-watch status), then acknowledge it with --revision \(alert.revision)")
            }
            try database.execute(
                sql: "UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?, note = ? WHERE id = ?",
                arguments: [Int64(acknowledgement.at), acknowledgement.by, acknowledgement.note, id])
            // A trouble that goes on stays open, so that it opens no second alert.
            if alert.kind.resolvesItself {
                try AlertRows.touch(id, at: acknowledgement.at, database)
            } else {
                try AlertRows.close(id, at: acknowledgement.at, database)
            }
            guard let changed = try Self.alert(id, database) else { throw DamagedStore("alerts") }
            return changed
        }
    }

    public func pendingCount(of logID: String, limit: Int) async throws -> Int {
        try await pool.read {
            let statement = try $0.cachedStatement(
                sql: """
                    SELECT count(*) FROM (SELECT 1 FROM heads
                        WHERE log = (SELECT id FROM logs WHERE log_id = ?) AND state = 1 LIMIT ?)
                    """)
            return try Int.fetchOne(statement, arguments: [logID, limit]) ?? 0
        }
    }

    public func pulse(at now: UInt64) async throws {
        try await pool.write {
            try $0.execute(
                sql: "INSERT INTO pulse (id, at) VALUES (1, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
                arguments: [Int64(now)])
        }
    }
}
