import Foundation
import GRDB
public import TransparencyLog

/// A stored head without a quorum, in the order in which they came.
public struct UnsettledHead: Sendable {
    public var id: Int64
    public var raw: [UInt8]
    /// SHA-256 of the JSON as it was stored.
    public var rawHash: Digest
}

extension SQLiteStore {
    /// So many at a time, and not many more than so many bytes of them.
    private static let unsettledHeads = 256
    private static let unsettledBytes = 1 << 20

    public func unsettled(of logID: String, under trust: Digest) async throws -> [UnsettledHead] {
        try await pool.read { database in
            let from = try Int64.fetchOne(
                database, sql: "SELECT head FROM judged_anew WHERE log = \(Self.log) AND trust = ?",
                arguments: [logID, Data(trust.bytes)])
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT heads.id, json, sha256 FROM heads JOIN head_json ON head_json.head = heads.id
                    WHERE log = \(Self.log) AND state = 0 AND heads.id > ? ORDER BY heads.id LIMIT ?
                    """, arguments: [logID, from ?? 0, Self.unsettledHeads])
            var heads: [UnsettledHead] = []
            var bytes = 0
            while bytes < Self.unsettledBytes, let row = try rows.next() {
                let json: Data = row["json"]
                guard let hash = Digest(row["sha256"] as Data) else { throw DamagedStore("head_json.sha256") }
                heads.append(UnsettledHead(id: row["id"], raw: Array(json), rawHash: hash))
                bytes += json.count
            }
            return heads
        }
    }

    public func markJudged(_ logID: String, under trust: Digest, upTo id: Int64) async throws {
        try await pool.write {
            try $0.execute(
                sql: """
                    INSERT INTO judged_anew (log, trust, head) SELECT id, ?, ? FROM logs WHERE log_id = ?
                    ON CONFLICT DO UPDATE SET trust = excluded.trust, head = excluded.head
                    """, arguments: [Data(trust.bytes), id, logID])
        }
    }
}
