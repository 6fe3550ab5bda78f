import Foundation
import GRDB
import TransparencyLog

extension SQLiteStore {
    /// All in one transaction, which also bars other processes on this store: what is compared is what is signed. The record
    /// is on the disk before the commit, and nothing is served before it.
    func vouch(
        _ key: CosignerSigningKey, for logIDs: [String], record: SigningRecord, keeping limit: Int, at now: UInt64
    ) async throws -> [String: VouchOutcome] {
        try await pool.write { database in
            let vkey = key.publicKey.description
            let before = try record.load()
            if before == nil,
                try Bool.fetchOne(
                    database, sql: "SELECT EXISTS (SELECT 1 FROM vouched WHERE key = ?)", arguments: [vkey]) == true
            {
                throw record.lost("is missing, and was there before")
            }
            var signed = before ?? [:]
            var outcomes: [String: VouchOutcome] = [:]
            for logID in logIDs {
                let last = try Self.last(signed[logID], vkey, logID, database)
                let (outcome, next) = try Self.judge(logID, last, database)
                outcomes[logID] = outcome
                guard case .signed = outcome, let next else { continue }
                signed[logID] = next
                let checkpoint = Checkpoint(
                    origin: Checkpoint.origin(logID: logID), treeSize: next.treeSize, root: next.root)
                let note = SignedNote(text: checkpoint.text, signatures: [key.cosign(checkpoint, at: now)])
                try Self.keep(note, next, (vkey, logID), limit, now, database)
            }
            if signed != before { try record.save(signed) }
            return outcomes
        }
    }

    /// The larger of what the record and the database remember.
    private static func last(
        _ recorded: SigningRecord.Signed?, _ vkey: String, _ logID: String, _ database: Database
    ) throws -> SigningRecord.Signed? {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT tree_size, root FROM vouched WHERE key = ? AND log_id = ? ORDER BY tree_size DESC LIMIT 1",
            arguments: [vkey, logID])
        guard let row else { return recorded }
        guard let root = Digest(Array(row["root"] as Data)) else { throw DamagedStore("vouched.root") }
        let stored = SigningRecord.Signed(treeSize: UInt64(row["tree_size"] as Int64), root: root)
        guard let recorded, recorded.treeSize >= stored.treeSize else { return stored }
        return recorded
    }

    private static func judge(
        _ logID: String, _ last: SigningRecord.Signed?, _ database: Database
    ) throws -> (VouchOutcome, SigningRecord.Signed?) {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT logs.id, verified_size, leaf_count, root FROM logs
                JOIN heads ON heads.log = logs.id AND substr(hash, 1, 8) = substr(verified_hash, 1, 8)
                    AND hash = verified_hash
                WHERE log_id = ?
                """, arguments: [logID])
        guard let row, let root = Digest(Array(row["root"] as Data)) else {
            return (last.map { .behind(signed: $0.treeSize) } ?? .nothing, nil)
        }
        let (size, leaves) = (UInt64(row["verified_size"] as Int64), UInt64(row["leaf_count"] as Int64))
        // Nothing is vouched for but trees that were recomputed.
        guard size > 0, leaves >= size else { return (.nothing, nil) }
        let tiles = StoredTiles(log: row["id"])
        func recomputed(at size: UInt64) throws -> Digest {
            try tiles.root(of: 0..<size, count: leaves, beyond: LeafList(), database)
        }
        guard try recomputed(at: size) == root else { throw DamagedStore("leaf_tiles") }
        if let last, last.treeSize > 0 {
            guard size >= last.treeSize else { return (.behind(signed: last.treeSize), nil) }
            guard try recomputed(at: last.treeSize) == last.root else { return (.refused(signed: last.treeSize), nil) }
        }
        if try hasOpenFork(logID, database) { return (.contested, nil) }
        return (.signed(treeSize: size), SigningRecord.Signed(treeSize: size, root: root))
    }

    private static func keep(
        _ note: SignedNote, _ signed: SigningRecord.Signed, _ place: (vkey: String, logID: String), _ limit: Int,
        _ now: UInt64, _ database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO vouched (key, log_id, tree_size, root, note, signed_at) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                place.vkey, place.logID, Int64(signed.treeSize), Data(signed.root.bytes), note.description, Int64(now),
            ])
        try database.execute(
            sql: """
                DELETE FROM vouched WHERE key = ? AND log_id = ? AND tree_size <= (
                    SELECT tree_size FROM vouched WHERE key = ? AND log_id = ?
                    ORDER BY tree_size DESC LIMIT 1 OFFSET ?)
                """, arguments: [place.vkey, place.logID, place.vkey, place.logID, limit])
    }

    func voucher(_ key: CosignerKey, logID: String, treeSize: UInt64?) async throws -> String? {
        try await pool.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT note FROM vouched WHERE key = ? AND log_id = ? AND (? IS NULL OR tree_size = ?)
                    ORDER BY tree_size DESC LIMIT 1
                    """, arguments: [key.description, logID, treeSize.map { Int64($0) }, treeSize.map { Int64($0) }])
        }
    }
}
