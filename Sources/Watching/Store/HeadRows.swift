import Foundation
import GRDB
import TransparencyLog

/// Writes heads: what is looked for in `heads`, the JSON as it was received in `head_json`.
enum HeadRows {
    /// The row of a head, by its log's row and its hash, twice.
    static let byHash = "log = ? AND substr(hash, 1, 8) = substr(?, 1, 8) AND hash = ?"

    static func insert(_ head: StoredHead, _ log: Int64, _ database: Database) throws {
        guard head.raw != nil else { throw DamagedStore("a new head without its JSON") }
        if try id(of: head, log, database) != nil { return }
        let predecessor: Data? =
            switch head.known.predecessor {
            case .unstated: nil
            case .none: Data()
            case .hash(let hash): Data(hash.bytes)
            }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO heads
                    (log, hash, prev_hash, tree_size, root, timestamp, signer_set, signer_count, state, seen_at, vantage)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            log, Data(head.known.hash.bytes), predecessor, Int64(head.known.treeSize), Data(head.known.root.bytes),
            Int64(head.known.timestamp), try signerSet(head, database), head.known.signers.count, head.state.rawValue,
            Int64(head.seenAt), head.vantageColumn,
        ])
        try writeJSON(head, database.lastInsertedRowID, database)
    }

    /// Heads without a row, beyond a bound of the poll, change nothing.
    static func update(_ head: StoredHead, _ log: Int64, _ database: Database) throws {
        guard let id = try id(of: head, log, database) else { return }
        let statement = try database.cachedStatement(
            sql: "UPDATE heads SET signer_set = ?, signer_count = ?, state = ? WHERE id = ?")
        try statement.execute(arguments: [
            try signerSet(head, database), head.known.signers.count, head.state.rawValue, id,
        ])
        try writeJSON(head, id, database)
    }

    private static func id(of head: StoredHead, _ log: Int64, _ database: Database) throws -> Int64? {
        let hash = Data(head.known.hash.bytes)
        let statement = try database.cachedStatement(sql: "SELECT id FROM heads WHERE \(byHash)")
        return try Int64.fetchOne(statement, arguments: [log, hash, hash])
    }

    private static func writeJSON(_ head: StoredHead, _ id: Int64, _ database: Database) throws {
        guard let raw = head.raw else { return }
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO head_json (head, json, sha256) VALUES (?, ?, ?)")
        try statement.execute(arguments: [id, Data(raw), Data(head.rawHash.bytes)])
    }

    private static func signerSet(_ head: StoredHead, _ database: Database) throws -> Int64 {
        let find = try database.cachedStatement(sql: "SELECT id FROM signer_sets WHERE signers = ?")
        if let id = try Int64.fetchOne(find, arguments: [head.signerList]) { return id }
        try database.execute(sql: "INSERT INTO signer_sets (signers) VALUES (?)", arguments: [head.signerList])
        return database.lastInsertedRowID
    }
}
