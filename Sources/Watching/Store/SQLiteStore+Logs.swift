import GRDB

extension SQLiteStore {
    public func logs() async throws -> [LogReference] {
        try await pool.read { database in
            try Row.fetchAll(database, sql: "SELECT log_id, name FROM logs ORDER BY id").map {
                LogReference(logID: $0["log_id"], name: $0["name"])
            }
        }
    }
}
