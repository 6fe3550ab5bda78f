import Foundation
import GRDB
import TransparencyLog

extension SQLiteStore {
    /// What can be checked at every start, in a few look-ups a log: each position stands on rows that are there.
    ///
    /// - Throws: `DamagedStore`. `nexo-watch db check` looks at everything.
    static func checkPositions(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT * FROM logs") {
            let position = try LogPosition(row)
            let log: Int64 = row["id"]
            let frontier = try StoredTiles(log: log).frontier(at: position.leafCount, database)
            guard frontier.nodes.map(\.hash) == position.frontier else { throw DamagedStore("logs.frontier") }
            guard let hash = position.verifiedHash else { continue }
            let data = Data(hash.bytes)
            let head = try Row.fetchOne(
                database, sql: "SELECT tree_size, state FROM heads WHERE \(HeadRows.byHash)",
                arguments: [log, data, data])
            guard let head, head["tree_size"] == Int64(position.verifiedSize),
                head["state"] == StoredHead.State.verified.rawValue
            else { throw DamagedStore("logs.verified_hash") }
        }
    }
}
