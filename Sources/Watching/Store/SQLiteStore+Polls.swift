import GRDB

extension SQLiteStore {
    /// Keeps when logs were polled; nobody waits for it, and a crash loses the last few seconds of it.
    func keep(_ polls: [PollRecord]) async throws {
        if polls.isEmpty { return }
        try await pool.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO polls (log_id, success_at, failure_at, failure) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET success_at = excluded.success_at, failure_at = excluded.failure_at,
                        failure = excluded.failure
                    """)
            for poll in polls {
                try statement.execute(arguments: [
                    poll.logID, poll.successAt.map { Int64($0) }, poll.failureAt.map { Int64($0) }, poll.failure,
                ])
            }
        }
    }
}
