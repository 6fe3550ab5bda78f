import Foundation
import GRDB
import LogFiles
import TransparencyLog

/// Reads what a watcher stored of one log, without ever writing to its database.
final class StoreReader {
    private let path: String
    private let queue: DatabaseQueue
    private let log: Int64
    private var heads: [HeadEntry] = []
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

    /// The next head in the order of sizes, as it was received, or what retention left of it.
    func nextHead() throws(LogFileError) -> HeadEntry? {
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
                        SELECT id, hash, prev_hash, tree_size, root, timestamp, json FROM heads
                        LEFT JOIN head_json ON head = id
                        WHERE log = ? AND (tree_size, id) > (?, ?) ORDER BY tree_size, id LIMIT ?
                        """, arguments: [log, size, id, Self.page])
            }
        } catch { throw LogFileError(path: path, reason: "cannot be read (\(error))") }
        guard let last = rows.last else { return }
        lastSize = last["tree_size"]
        lastID = last["id"]
        heads = try rows.map { row throws(LogFileError) in
            number += 1
            if let json = row["json"] as Data? {
                return .line(
                    JSONLine(
                        number: number, byteOffset: 0, bytes: Array(json), isTerminated: true, isOverlong: false))
            }
            guard let known = ChainVerifier.Known(thinned: row) else {
                throw LogFileError(path: path, reason: "is damaged at heads.id \(row["id"] as Int64)")
            }
            return .thinned(known)
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

extension ChainVerifier.Known {
    /// A head as retention leaves it: enough to be continued, and nothing that a signature could be checked on.
    fileprivate init?(thinned row: Row) {
        guard let hash = Digest(Array(row["hash"] as Data)), let root = Digest(Array(row["root"] as Data)) else {
            return nil
        }
        let predecessor: SignedTreeHead.Predecessor
        switch row["prev_hash"] as Data? {
        case nil: predecessor = .unstated
        case let data? where data.isEmpty: predecessor = .none
        case let data?:
            guard let parent = Digest(Array(data)) else { return nil }
            predecessor = .hash(parent)
        }
        self.init(
            hash: hash, predecessor: predecessor, treeSize: UInt64(row["tree_size"] as Int64), root: root,
            timestamp: UInt64(row["timestamp"] as Int64), signers: [])
    }
}
