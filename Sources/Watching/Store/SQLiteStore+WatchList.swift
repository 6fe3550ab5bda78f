import Foundation
import GRDB
import TransparencyLog

extension SQLiteStore {
    public func watchedKeys(of logID: String) async throws -> WatchedKeys? {
        try await pool.read { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM watch_lists WHERE log = \(Self.log)", arguments: [logID])
            else { return nil }
            var keys = try WatchedKeys(row)
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM watched_keys WHERE log = ?", arguments: [row["log"] as Int64])
            for row in rows {
                let (id, key) = try WatchedKeys.key(row)
                keys.keys[id] = key
            }
            return keys
        }
    }

    public func watchedIDs(of logID: String) async throws -> Int {
        try await pool.read {
            try Int.fetchOne(
                $0, sql: "SELECT count(*) FROM watched_keys WHERE log = \(Self.log)", arguments: [logID]) ?? 0
        }
    }

    /// In the transaction of the leaves that the keys stand in.
    static func write(_ step: WatchedKeyStep, _ log: Int64, _ database: Database) throws {
        let change = step.change
        if step.replacesAll {
            try database.execute(sql: "DELETE FROM watched_keys WHERE log = ?", arguments: [log])
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO watch_lists (log, list, baseline, leaf_count) VALUES (?, ?, ?, ?)",
            arguments: [log, Data(change.list.bytes), Int64(change.baseline), Int64(change.leafCount)])
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO watched_keys (log, id, public_key, tree_size) VALUES (?, ?, ?, ?)")
        for (id, key) in change.keys {
            try statement.execute(
                arguments: [log, Data(id.bytes), Data(key.publicKey), Int64(key.treeSize)])
        }
    }
}

extension WatchedKeys {
    init(_ row: Row) throws {
        guard let list = Digest(Array(row["list"] as Data)),
            let baseline = UInt64(exactly: row["baseline"] as Int64),
            let leafCount = UInt64(exactly: row["leaf_count"] as Int64)
        else { throw DamagedStore("watch_lists") }
        self.init(list: list, baseline: baseline, leafCount: leafCount)
    }

    static func key(_ row: Row) throws -> (Digest, RegisteredKey) {
        let key = Array(row["public_key"] as Data)
        guard let id = Digest(Array(row["id"] as Data)), key.count == Digest.byteCount,
            let size = UInt64(exactly: row["tree_size"] as Int64)
        else { throw DamagedStore("watched_keys") }
        return (id, RegisteredKey(publicKey: key, treeSize: size))
    }
}
