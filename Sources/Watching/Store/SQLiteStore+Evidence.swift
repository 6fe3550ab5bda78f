import Foundation
import GRDB
public import TransparencyLog

extension SQLiteStore {
    public func evidenceHashes(of logID: String, after: Digest?, limit: Int) async throws -> [Digest] {
        try await pool.read { database in
            try Data.fetchAll(
                database,
                sql: "SELECT hash FROM evidence WHERE log = \(Self.log) AND hash > ? ORDER BY hash LIMIT ?",
                arguments: [logID, Data(after?.bytes ?? []), limit]
            ).map { data in
                guard let hash = Digest(Array(data)) else { throw DamagedStore("evidence.hash") }
                return hash
            }
        }
    }
}
