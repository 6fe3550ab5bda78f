import Foundation
import GRDB
import LogFiles
import TransparencyLog

/// Reads what a watcher stored of one log, without ever writing to its database.
final class StoreReader {
    private let path: String
    private let queue: DatabaseQueue
    private let log: Int64
    private var heads: [JSONLine] = []
    private var lastSize: Int64 = -1
    private var lastID: Int64 = 0
    private var number = 0

    private static let page = 1_024

    /// - Parameter log: the log's name in the watcher's configuration, or its log_id.
    init(path: String, log: String) throws(LogFileError) {
        self.path = path
        do {
            // SQLite would make an empty database of a name that is wrong.
            guard FileManager.default.fileExists(atPath: path) else {
                throw LogFileError(path: path, reason: "is not there; give the path of a watcher's database")
            }
            var configuration = Configuration()
            configuration.readonly = true
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let found = try queue.read { database in
                try Int64.fetchOne(
                    database, sql: "SELECT id FROM logs WHERE name = ?1 OR log_id = ?1", arguments: [log])
            }
            guard let found else {
                let names = try queue.read { try String.fetchAll($0, sql: "SELECT name FROM logs ORDER BY name") }
                throw LogFileError(
                    path: path, reason: "holds no log \"\(log)\"; it holds \(names.joined(separator: ", "))")
            }
            self.log = found
        } catch let error as LogFileError {
            throw error
        } catch {
            throw LogFileError(
                path: path,
                reason:
                    "cannot be read as a watcher's database (\(error)); copy the files that end in -wal and -shm too")
        }
    }

    /// The next head in the order of sizes, as it was received.
    func nextHead() throws(LogFileError) -> JSONLine? {
        if heads.isEmpty { try fill() }
        return heads.popLast()
    }

    private func fill() throws(LogFileError) {
        let (log, size, id) = (log, lastSize, lastID)
        let rows: [Row]
        do {
            rows = try queue.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT id, tree_size, raw FROM heads
                        WHERE log = ? AND (tree_size, id) > (?, ?) ORDER BY tree_size, id LIMIT ?
                        """, arguments: [log, size, id, Self.page])
            }
        } catch { throw LogFileError(path: path, reason: "cannot be read (\(error))") }
        guard let last = rows.last else { return }
        lastSize = last["tree_size"]
        lastID = last["id"]
        heads = rows.map { row in
            number += 1
            return JSONLine(
                number: number, byteOffset: 0, bytes: Array(row["raw"] as Data), isTerminated: true, isOverlong: false)
        }.reversed()
    }

    /// The hashes of the leaves that the watcher read, in their order, from one tile on.
    func leafHashes(tile: Int64) throws(LogFileError) -> [Digest] {
        let log = log
        let bytes: Data?
        do {
            bytes = try queue.read { database in
                try Data.fetchOne(
                    database, sql: "SELECT hashes FROM leaf_tiles WHERE log = ? AND tile = ?", arguments: [log, tile])
            }
        } catch { throw LogFileError(path: path, reason: "cannot be read (\(error))") }
        let all = Array(bytes ?? Data())
        return stride(from: 0, to: all.count - all.count % Digest.byteCount, by: Digest.byteCount).compactMap {
            Digest(all[$0..<($0 + Digest.byteCount)])
        }
    }
}
