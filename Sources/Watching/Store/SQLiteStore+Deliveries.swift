import GRDB

/// The queues of the sinks.
extension SQLiteStore {
    public func openQueues(_ sinks: [String], at now: UInt64) async throws {
        try await pool.write { database in
            try database.execute(sql: "DELETE FROM sinks")
            for sink in sinks {
                try database.execute(sql: "INSERT INTO sinks (name) VALUES (?)", arguments: [sink])
            }
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO deliveries (sink, alert, queued_at)
                    SELECT name, id, ? FROM sinks, alerts
                    WHERE closed_at IS NULL AND acknowledged_at IS NULL AND subject <> name
                    """, arguments: [Int64(now)])
        }
    }

    public func queued(
        for sink: String, toldBefore: UInt64, now: UInt64, limit: Int
    ) async throws -> [QueuedAlert] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                // A time ahead of the clock is no reason to wait: the clock was set back. A fork waits behind no warnings, and what
                // failed three times not before the rest.
                sql: """
                    SELECT alerts.*, told_revision, told_at, attempts, queued_at
                    FROM deliveries JOIN alerts ON alerts.id = alert
                    WHERE sink = ? AND queued_at IS NOT NULL AND (told_at IS NULL OR told_at <= ? OR told_at > ?)
                        AND NOT EXISTS (
                            SELECT 1 FROM findings WHERE findings.alert = alerts.id AND announced = 0)
                    ORDER BY attempts / 3, alerts.severity <> 'violation', attempts, queued_at LIMIT ?
                    """, arguments: [sink, Int64(toldBefore), Int64(now), limit]
            ).map(QueuedAlert.init)
        }
    }

    public func remindable(for sink: String, endedSince: UInt64, limit: Int) async throws -> [QueuedAlert] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT alerts.*, told_revision, told_at, attempts, queued_at
                    FROM alerts JOIN deliveries ON alert = alerts.id AND sink = ?
                    WHERE alerts.id IN (
                            SELECT id FROM alerts WHERE closed_at IS NULL AND acknowledged_at IS NULL
                            UNION SELECT id FROM alerts WHERE updated_at >= ?)
                        AND told_revision > 0 AND queued_at IS NULL
                    ORDER BY alerts.id LIMIT ?
                    """, arguments: [sink, Int64(endedSince), limit]
            ).map(QueuedAlert.init)
        }
    }

    public func markTold(_ sink: String, alert: Int64, revision: Int64, at now: UInt64) async throws {
        try await pool.write {
            // What changed while it was told stays due.
            try $0.execute(
                sql: """
                    UPDATE deliveries SET told_revision = ?, told_at = ?, attempts = 0, last_error = NULL,
                        queued_at = CASE WHEN (SELECT revision FROM alerts WHERE id = alert) = ? THEN NULL
                            ELSE coalesce(queued_at, ?) END
                    WHERE sink = ? AND alert = ?
                    """, arguments: [revision, Int64(now), revision, Int64(now), sink, alert])
        }
    }

    public func markFailed(_ sink: String, alert: Int64, error: String) async throws {
        try await pool.write {
            try $0.execute(
                sql: "UPDATE deliveries SET attempts = attempts + 1, last_error = ? WHERE sink = ? AND alert = ?",
                arguments: [error, sink, alert])
        }
    }

    public func queueState(of sink: String, holding: UInt64 = 0) async throws -> QueueState {
        try await pool.read {
            guard
                let row = try Row.fetchOne(
                    $0,
                    sql: """
                        SELECT count(*) AS depth, min(max(queued_at, coalesce(told_at + ?, 0))) AS oldest FROM deliveries
                        WHERE sink = ? AND queued_at IS NOT NULL
                        """, arguments: [Int64(holding), sink])
            else { return QueueState(depth: 0) }
            return QueueState(depth: row["depth"], oldest: (row["oldest"] as Int64?).map { UInt64($0) })
        }
    }
}
