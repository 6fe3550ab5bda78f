import Foundation
import GRDB
import TransparencyLog

extension SQLiteStore {
    /// How far one call of `thin` came.
    public struct Thinning: Hashable, Sendable {
        /// Heads that were looked at; fewer than asked for where no more are old enough.
        public var looked = 0
        /// Heads whose JSON was deleted.
        public var thinned = 0
    }

    /// Deletes the JSON of old verified heads, all but checkpoints: what is looked for stays, and what it would prove,
    /// the next checkpoint proves with the leaves.
    ///
    /// Heads of which something is in doubt are kept whole, as are those whose leaves are not stored, unless the policy
    /// says otherwise.
    public func thin(_ policy: WatchConfiguration.Retention, now: UInt64, limit: Int) async throws -> Thinning {
        let age = UInt64(policy.heads.components.seconds)
        guard now > age else { return Thinning() }
        return try await pool.write { database in
            let from = try Int64.fetchOne(database, sql: "SELECT thinned_head FROM store") ?? 0
            // Not by their age: of heads that are all young the whole table would be read to find that.
            let next = try Row.fetchAll(
                database,
                sql: """
                    SELECT heads.id, seen_at, log, tree_size, heads.state, checkpoint_size, leaf_count, hash = verified_hash AS newest
                    FROM heads JOIN logs ON logs.id = heads.log
                    WHERE heads.id > ? ORDER BY heads.id LIMIT ?
                    """, arguments: [from, limit])
            func isOld(_ row: Row) -> Bool { (row["seen_at"] as Int64) < Int64(now - age) }
            guard let end = next.lastIndex(where: isOld) else { return Thinning() }
            let (rows, last) = (next[...end], next[end])
            var thinning = Thinning(looked: rows.count)
            var checkpoints: [Int64: Int64] = [:]
            for row in rows
            where isOld(row) && row["state"] == StoredHead.State.verified.rawValue && row["newest"] != true {
                let (log, size): (Int64, Int64) = (row["log"], row["tree_size"])
                let checkpoint = checkpoints[log] ?? row["checkpoint_size"]
                guard size < checkpoint + Int64(policy.checkpointEvery) else {
                    checkpoints[log] = size
                    continue
                }
                guard policy.thinsWithoutLeaves || size <= row["leaf_count"] as Int64 else { continue }
                try database.cachedStatement(sql: "DELETE FROM head_json WHERE head = ?").execute(
                    arguments: [row["id"] as Int64])
                thinning.thinned += 1
            }
            for (log, size) in checkpoints {
                try database.execute(sql: "UPDATE logs SET checkpoint_size = ? WHERE id = ?", arguments: [size, log])
            }
            try database.execute(sql: "UPDATE store SET thinned_head = ?", arguments: [last["id"] as Int64])
            return thinning
        }
    }

    public func checkpoint(of logID: String, from size: UInt64) async throws -> StoredHead? {
        try await pool.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Self.essentials) FROM heads
                    WHERE log = \(Self.log) AND tree_size >= ?
                        AND tree_size <= (SELECT leaf_count FROM logs WHERE log_id = ?) AND signer_count > 0
                        AND state = ? AND EXISTS (SELECT 1 FROM head_json WHERE head = heads.id)
                    ORDER BY tree_size LIMIT 1
                    """, arguments: [logID, Int64(size), logID, StoredHead.State.verified.rawValue]
            ).map(StoredHead.init)
        }
    }
}
