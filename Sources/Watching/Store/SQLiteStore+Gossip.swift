import Foundation
import GRDB
import TransparencyLog

extension SQLiteStore: GossipStore {
    func newestVerified(of logIDs: [String]) async throws -> [(logID: String, head: StoredHead)] {
        try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Self.essentials), json FROM (
                        SELECT heads.* FROM logs
                        JOIN heads ON heads.log = logs.id AND substr(hash, 1, 8) = substr(verified_hash, 1, 8)
                            AND hash = verified_hash
                        WHERE log_id = ?) AS heads
                    JOIN head_json ON head = heads.id
                    """)
            return try logIDs.compactMap { logID in
                guard let row = try Row.fetchOne(statement, arguments: [logID]) else { return nil }
                var head = try StoredHead(row)
                head.raw = Array(row["json"] as Data)
                return (logID, head)
            }
        }
    }

    func verifiedHead(of logID: String, at size: UInt64) async throws -> [UInt8]? {
        try await pool.read { database in
            try Data.fetchOne(
                database,
                sql: """
                    SELECT json FROM heads JOIN head_json ON head = heads.id
                    WHERE log = \(Self.log) AND tree_size <= ? AND signer_count > 0 AND state = 2
                    ORDER BY tree_size DESC, signer_count DESC LIMIT 1
                    """, arguments: [logID, Int64(clamping: size)]
            ).map(Array.init)
        }
    }

    func hear(_ head: HeardHead, of logID: String, limit: Int) async throws -> Bool {
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO heard_heads (log_id, hash, tree_size, json, vantage, heard_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    -- With all signatures by now. What a peer tells counts as its word, though somebody submitted it before.
                    ON CONFLICT (log_id, hash) DO UPDATE SET json = excluded.json,
                        vantage = iif(vantage = 'submission', excluded.vantage, vantage)
                    WHERE json <> excluded.json OR vantage = 'submission' AND excluded.vantage <> 'submission'
                    """,
                arguments: [
                    logID, Data(head.hash.bytes), Int64(head.treeSize), Data(head.json), head.vantage, Int64(head.at),
                ])
            try database.execute(
                sql: """
                    DELETE FROM heard_heads WHERE id IN (
                        SELECT heard_heads.id FROM heard_heads
                        LEFT JOIN logs ON logs.log_id = heard_heads.log_id
                        WHERE heard_heads.log_id = ? AND vantage = ?
                        ORDER BY tree_size <= ifnull(verified_size, 0),
                            iif(tree_size <= ifnull(verified_size, 0), -heard_heads.id, tree_size), heard_heads.id
                        LIMIT -1 OFFSET ?)
                    """, arguments: [logID, head.vantage, limit])
            return try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM heard_heads WHERE log_id = ? AND hash = ?)",
                arguments: [logID, Data(head.hash.bytes)]) ?? false
        }
    }

    func heard(of logID: String) async throws -> [HeardHead] {
        try await pool.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM heard_heads WHERE log_id = ? ORDER BY tree_size, id", arguments: [logID]
            ).map { row in
                guard let hash = Digest(Array(row["hash"] as Data)) else { throw DamagedStore("heard_heads.hash") }
                return HeardHead(
                    hash: hash, treeSize: UInt64(row["tree_size"] as Int64), json: Array(row["json"] as Data),
                    vantage: row["vantage"], at: UInt64(row["heard_at"] as Int64))
            }
        }
    }

    func forget(_ hashes: [Digest], of logID: String) async throws {
        if hashes.isEmpty { return }
        try await pool.write { database in
            for hash in hashes {
                try database.execute(
                    sql: "DELETE FROM heard_heads WHERE log_id = ? AND hash = ?", arguments: [logID, Data(hash.bytes)])
            }
        }
    }

    func uncheckedEvidence(of logID: String, limit: Int) async throws -> [StoredEvidence] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT kind, bytes FROM evidence WHERE log = \(Self.log) AND NOT EXISTS (
                        SELECT 1 FROM evidence_checks
                        WHERE evidence_checks.log = evidence.log AND evidence_checks.evidence = evidence.hash)
                    LIMIT ?
                    """, arguments: [logID, limit]
            ).map { row in
                guard let kind = Evidence.Kind(rawValue: row["kind"]) else { throw DamagedStore("evidence.kind") }
                return StoredEvidence(kind: kind, bytes: Array(row["bytes"] as Data))
            }
        }
    }

    func mark(_ evidence: Digest, conflict: Digest?, of logID: String) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO evidence_checks (log, evidence, conflict) VALUES (\(Self.log), ?, ?)
                    """, arguments: [logID, Data(evidence.bytes), conflict.map { Data($0.bytes) }])
        }
    }

    func evidenceFile(_ hash: Digest) async throws -> [UInt8]? {
        try await pool.read { database in
            try Data.fetchOne(
                database, sql: "SELECT bytes FROM evidence WHERE hash = ? LIMIT 1", arguments: [Data(hash.bytes)]
            ).map(Array.init)
        }
    }

    func holds(_ conflict: Digest, of logID: String) async throws -> Bool {
        try await pool.read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM evidence_checks WHERE log = \(Self.log) AND conflict = ?)",
                arguments: [logID, Data(conflict.bytes)]) ?? false
        }
    }

    func conflicts(of logID: String, limit: Int) async throws -> [(conflict: Digest, evidence: Digest)] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT conflict, evidence FROM evidence_checks
                    WHERE id IN (SELECT min(id) FROM evidence_checks WHERE log = \(Self.log) AND conflict IS NOT NULL
                        GROUP BY conflict)
                    ORDER BY id DESC LIMIT ?
                    """, arguments: [logID, limit]
            ).reversed().map { row in
                guard let conflict = Digest(Array(row["conflict"] as Data)),
                    let evidence = Digest(Array(row["evidence"] as Data))
                else { throw DamagedStore("evidence_checks") }
                return (conflict, evidence)
            }
        }
    }
}
