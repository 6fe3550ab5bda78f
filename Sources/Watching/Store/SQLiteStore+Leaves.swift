import Foundation
import GRDB
public import TransparencyLog

extension SQLiteStore {
    public func leafHashes(of logID: String, from tile: UInt64, tiles: Int) async throws -> [Digest] {
        try await pool.read { database in
            let rows = try Data.fetchAll(
                database,
                sql: """
                    SELECT hashes FROM leaf_tiles WHERE log = \(Self.log) AND tile >= ? AND tile < ? ORDER BY tile
                    """, arguments: [logID, Int64(tile), Int64(tile) + Int64(tiles)])
            return rows.flatMap { Digest.list(Array($0)) }
        }
    }

    public func prefix(of logID: String, first: UInt64, second: UInt64, beyond: LeafList) async throws -> Evidence
        .Prefix?
    {
        guard let ranges = ConsistencyProof.ranges(first: first, second: second) else { return nil }
        return try await pool.read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT id, leaf_count FROM logs WHERE log_id = ?", arguments: [logID])
            // Of a log that is seen for the first time, nothing is stored.
            let tiles = StoredTiles(log: row?["id"] ?? 0)
            let count = UInt64(row?["leaf_count"] as Int64? ?? 0)
            // Nobody can say what is behind the leaves that are at hand.
            guard second <= count + UInt64(beyond.count) else { return nil }
            func root(_ range: Range<UInt64>) throws -> Digest {
                try tiles.root(of: range, count: count, beyond: beyond, database)
            }
            return Evidence.Prefix(root: try root(0..<first), path: try ranges.map(root))
        }
    }

    public func frontier(of logID: String, at size: UInt64) async throws -> Frontier {
        if size == 0 { return Frontier() }
        return try await pool.read { database in
            guard
                let log = try Int64.fetchOne(database, sql: "SELECT id FROM logs WHERE log_id = ?", arguments: [logID])
            else { throw DamagedStore("logs") }
            return try StoredTiles(log: log).frontier(at: size, database)
        }
    }
}
