import Foundation
import GRDB
import LogFiles
import TransparencyLog

/// Reads what a watcher stored of one log, without ever writing to its database: as it was when it was opened, whatever the
/// watcher adds meanwhile. As long as it is open, the watcher's `-wal` file keeps what is newer.
final class StoreReader {
    private let path: String
    private let queue: DatabaseQueue
    private let log: Int64
    private var heads: [HeadEntry] = []
    /// The place of the last row that was read.
    private var place: (size: Int64, follows: Int64, id: Int64) = (-1, 0, 0)
    /// The head before the next one.
    private var before: Digest?
    private var number = 0

    private static let page = 1_024
    private static let tileWidth: Int64 = 256

    /// - Parameters:
    ///   - log: the log's name in the watcher's configuration, or its log_id.
    ///   - logID: of the trust file. A log that was set up anew may have its old name, under which both are stored.
    init(path: String, log: String, logID: String) throws(LogFileError) {
        self.path = path
        do {
            // SQLite would make an empty database of a name that is wrong.
            guard FileManager.default.fileExists(atPath: path) else {
                throw LogFileError(path: path, reason: "is not there; give the path of a watcher's database")
            }
            var configuration = Configuration()
            configuration.readonly = true
            // One, from the first page to the last.
            configuration.allowsUnsafeTransactions = true
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let found = try queue.inDatabase { database in
                try database.beginTransaction(.deferred)
                return try Row.fetchAll(
                    database, sql: "SELECT id, log_id FROM logs WHERE name = ?1 OR log_id = ?1", arguments: [log])
            }
            guard let row = found.first(where: { $0["log_id"] == logID }) else {
                let others = found.map { $0["log_id"] as String }.joined(separator: ", ")
                guard others.isEmpty else {
                    throw LogFileError(
                        path: path,
                        reason: "\"\(log)\" has log_id \(others) there, and the trust file is of \(logID); "
                            + "give the trust file of the same keys")
                }
                let names = try queue.inDatabase { try String.fetchAll($0, sql: "SELECT name FROM logs ORDER BY name") }
                throw LogFileError(
                    path: path, reason: "holds no log \"\(log)\"; it holds \(names.joined(separator: ", "))")
            }
            self.log = row["id"]
        } catch let error as LogFileError {
            throw error
        } catch {
            throw LogFileError(
                path: path,
                reason:
                    "cannot be read as a watcher's database (\(error)); copy the files that end in -wal and -shm too")
        }
    }

    /// A row of `heads`.
    private struct Stored {
        let known: ChainVerifier.Known
        let json: Data?
        let isBroken: Bool
    }

    /// The next head in the order of sizes, as it was received, or what retention left of it.
    func nextHead() throws(LogFileError) -> HeadEntry? {
        if heads.isEmpty { try fill() }
        return heads.popLast()
    }

    private func fill() throws(LogFileError) {
        var entries: [HeadEntry] = []
        for head in Self.parentsFirst(try nextRows()) {
            // What the watcher was not shown is missing here too, and only it knew that: a link that leads nowhere is broken
            // where it said so.
            if case .hash(let parent) = head.known.predecessor, parent != before, !head.isBroken {
                entries.append(.unread)
            }
            before = head.known.hash
            number += 1
            if let json = head.json {
                entries.append(
                    .line(
                        JSONLine(
                            number: number, byteOffset: 0, bytes: Array(json), isTerminated: true, isOverlong: false)))
            } else {
                entries.append(.thinned(head.known))
            }
        }
        heads = entries.reversed()
    }

    /// The next rows by size; of one size the chain's first head comes first, then what was stored first.
    private func nextRows() throws(LogFileError) -> [Stored] {
        let (log, place) = (log, place)
        let rows: [(row: Row, isBroken: Bool)]
        do {
            rows = try queue.inDatabase { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT heads.id AS id, hash, prev_hash, tree_size, root, timestamp, state, json, sha256, signers,
                            ifnull(length(prev_hash), 1) > 0 AS follows
                        FROM heads LEFT JOIN head_json ON head = heads.id
                            JOIN signer_sets ON signer_sets.id = signer_set
                        WHERE log = ? AND (tree_size, follows, heads.id) > (?, ?, ?)
                            ORDER BY tree_size, follows, heads.id LIMIT ?
                        """, arguments: [log, place.size, place.follows, place.id, Self.page]
                ).map { (row: $0, isBroken: try Self.isBroken($0, log: log, database)) }
            }
        } catch { throw LogFileError(path: path, reason: "cannot be read (\(error))") }
        if let last = rows.last?.row { self.place = (last["tree_size"], last["follows"], last["id"]) }
        var heads: [Stored] = []
        for (row, isBroken) in rows {
            guard let known = ChainVerifier.Known(row) else {
                throw LogFileError(path: path, reason: "is damaged at heads.id \(row["id"] as Int64)")
            }
            let json = row["json"] as Data?
            // What a disk did to it is no fault of the log's.
            guard json.map({ Data(Digest.sha256(Array($0)).bytes) == row["sha256"] as Data? }) ?? true else {
                throw LogFileError(path: path, reason: "is damaged at head_json.head \(row["id"] as Int64)")
            }
            heads.append(Stored(known: known, json: json, isBroken: isBroken))
        }
        return heads
    }

    /// Whether the watcher found, when it was shown the head, that it continues nothing, or a larger head.
    private static func isBroken(_ row: Row, log: Int64, _ database: Database) throws -> Bool {
        // Such a head is contested; few are.
        guard row["state"] as Int64 == 3 else { return false }
        let (hash, size) = (Array(row["hash"] as Data), UInt64(exactly: row["tree_size"] as Int64))
        let fingerprints = [Rule.linkBroken, .sizeRegressed].map {
            Data(Finding.fingerprint($0, treeSize: size, subject: hash).bytes)
        }
        return try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM findings WHERE log = ? AND fingerprint IN (?, ?))",
            arguments: [log, fingerprints[0], fingerprints[1]]) ?? false
    }

    /// A parent before those that continue it: a child of its size may have been stored first, and one that is smaller comes
    /// first by its size.
    private static func parentsFirst(_ heads: [Stored]) -> [Stored] {
        let places = Dictionary(heads.indices.map { (heads[$0].known.hash, $0) }) { first, _ in first }
        var isTaken = [Bool](repeating: false, count: heads.count)
        var ordered: [Stored] = []
        for index in heads.indices {
            // The head and those that it continues, as far as they are still to come.
            var line: [Stored] = []
            var next: Int? = index
            while let place = next, !isTaken[place] {
                isTaken[place] = true
                line.append(heads[place])
                if case .hash(let parent) = heads[place].known.predecessor { next = places[parent] } else { next = nil }
            }
            ordered += line.reversed()
        }
        return ordered
    }

    /// The hashes of one tile of 256 leaves that the watcher read; fewer in the last one, and none behind it.
    func leafHashes(tile: Int64) throws(LogFileError) -> [Digest] {
        let log = log
        let row: Row?
        do {
            row = try queue.inDatabase { database in
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT leaf_count, (SELECT hashes FROM leaf_tiles WHERE log = logs.id AND tile = ?2) AS hashes
                        FROM logs WHERE id = ?1
                        """, arguments: [log, tile])
            }
        } catch { throw LogFileError(path: path, reason: "cannot be read (\(error))") }
        let bytes = Array(row?["hashes"] as Data? ?? Data())
        let expected = min(max((row?["leaf_count"] as Int64? ?? 0) - tile * Self.tileWidth, 0), Self.tileWidth)
        guard bytes.count == Int(expected) * Digest.byteCount else {
            throw LogFileError(path: path, reason: "is damaged at leaf_tiles.tile \(tile)")
        }
        return stride(from: 0, to: bytes.count, by: Digest.byteCount).compactMap {
            Digest(bytes[$0..<($0 + Digest.byteCount)])
        }
    }
}

extension ChainVerifier.Known {
    /// What retention leaves of a head: enough to be continued and contradicted, with the signers that the watcher found, and
    /// nothing that a signature could be checked on.
    fileprivate init?(_ row: Row) {
        guard let hash = Digest(Array(row["hash"] as Data)), let root = Digest(Array(row["root"] as Data)),
            let treeSize = UInt64(exactly: row["tree_size"] as Int64),
            let timestamp = UInt64(exactly: row["timestamp"] as Int64)
        else { return nil }
        let predecessor: SignedTreeHead.Predecessor
        switch row["prev_hash"] as Data? {
        case nil: predecessor = .unstated
        case let data? where data.isEmpty: predecessor = .none
        case let data?:
            guard let parent = Digest(Array(data)) else { return nil }
            predecessor = .hash(parent)
        }
        self.init(
            hash: hash, predecessor: predecessor, treeSize: treeSize, root: root, timestamp: timestamp,
            signers: Set((row["signers"] as String).split(separator: "\n").map(String.init)))
    }
}
