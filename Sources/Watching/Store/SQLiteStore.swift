import Foundation
import GRDB
public import TransparencyLog

/// The store in SQLite: WAL, one writer and many readers, one transaction a step.
public final class SQLiteStore: HeadStore {
    private static let leavesPerTile: UInt64 = 256

    let pool: DatabasePool

    public init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        // Every connection has a page cache of its own; readers are few and short.
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { database in
            // An acknowledged step survives a power cut, not only a crash.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // In KiB, for each connection.
            try database.execute(sql: "PRAGMA cache_size = -1024")
        }
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        pool = try DatabasePool(path: path, configuration: configuration)
        try Schema.migrator.migrate(pool)
    }

    public func position(of logID: String) async throws -> LogPosition {
        try await pool.read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM logs WHERE log_id = ?", arguments: [logID])
            else { return LogPosition() }
            return try LogPosition(row)
        }
    }

    /// The row of a log, by its log_id as an argument.
    private static let log = "(SELECT id FROM logs WHERE log_id = ?)"

    /// What is read of a head; its JSON stays where it is.
    private static let essentials =
        "hash, raw_hash, prev_hash, tree_size, root, timestamp, signers, state, seen_at"

    /// Heads that continue one head: more than two are a fork already.
    private static let familyLimit = 64

    public func heads(_ hashes: Set<Digest>, logID: String) async throws -> [StoredHead] {
        try await each(hashes, logID: logID) { database, log, hash in
            let statement = try database.cachedStatement(
                sql: "SELECT \(Self.essentials) FROM heads WHERE log = ? AND hash = ?")
            return try Row.fetchAll(statement, arguments: [log, hash]).map(StoredHead.init)
        }
    }

    public func rivals(of logID: String, sizes: ClosedRange<UInt64>, limit: Int) async throws -> [StoredHead] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.essentials) FROM heads
                    WHERE log = \(Self.log) AND tree_size BETWEEN ? AND ? AND signer_count > 0
                    ORDER BY signer_count DESC, id DESC LIMIT ?
                    """, arguments: [logID, Int64(sizes.lowerBound), Int64(sizes.upperBound), limit]
            ).map(StoredHead.init)
        }
    }

    public func pending(of logID: String, limit: Int) async throws -> [StoredHead] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.essentials) FROM heads WHERE log = \(Self.log) AND state = 1
                    ORDER BY tree_size LIMIT ?
                    """, arguments: [logID, limit]
            ).map(StoredHead.init)
        }
    }

    public func children(of parents: Set<Digest>, logID: String) async throws -> [StoredHead] {
        try await each(parents, logID: logID) { database, log, hash in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Self.essentials) FROM heads WHERE log = ? AND prev_hash = ? AND signer_count > 0
                    ORDER BY signer_count DESC, id DESC LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [log, hash, Self.familyLimit]).map(StoredHead.init)
        }
    }

    public func raw(_ hash: Digest, logID: String) async throws -> [UInt8]? {
        try await pool.read { database in
            try Data.fetchOne(
                database, sql: "SELECT raw FROM heads WHERE log = \(Self.log) AND hash = ?",
                arguments: [logID, Data(hash.bytes)]
            ).map(Array.init)
        }
    }

    public func known(_ fingerprints: Set<Digest>, logID: String) async throws -> Set<Digest> {
        Set(
            try await each(fingerprints, logID: logID) { database, log, fingerprint in
                let statement = try database.cachedStatement(
                    sql: "SELECT fingerprint FROM findings WHERE log = ? AND fingerprint = ?")
                return try Data.fetchAll(statement, arguments: [log, fingerprint]).compactMap { Digest(Array($0)) }
            })
    }

    /// Look-ups by index, one for each digest, in one transaction.
    private func each<Found: Sendable>(
        _ digests: Set<Digest>, logID: String, _ find: @Sendable @escaping (Database, Int64, Data) throws -> [Found]
    ) async throws -> [Found] {
        if digests.isEmpty { return [] }
        return try await pool.read { database in
            guard
                let log = try Int64.fetchOne(database, sql: "SELECT id FROM logs WHERE log_id = ?", arguments: [logID])
            else { return [] }
            return try digests.flatMap { try find(database, log, Data($0.bytes)) }
        }
    }

    public func leafHashes(of logID: String, count: UInt64) async throws -> [Digest] {
        try await pool.read { database in
            let tiles = try Data.fetchAll(
                database,
                sql: """
                    SELECT hashes FROM leaf_tiles WHERE log = (SELECT id FROM logs WHERE log_id = ?) AND tile < ?
                    ORDER BY tile
                    """, arguments: [logID, Int64((count + Self.leavesPerTile - 1) / Self.leavesPerTile)])
            return Array(tiles.flatMap { Digest.list(Array($0)) }.prefix(Int(count)))
        }
    }

    public func findings(of logID: String) async throws -> [StoredFinding] {
        try await findings(logID, condition: "1")
    }

    public func unannounced(of logID: String) async throws -> [StoredFinding] {
        try await findings(logID, condition: "announced = 0")
    }

    public func hasFork(_ logID: String) async throws -> Bool {
        let kinds = AlertKind.forks.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try await pool.read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM alerts
                        WHERE log_id = ? AND kind IN (\(kinds)) AND closed_at IS NULL)
                    """, arguments: [logID]) ?? false
        }
    }

    private func findings(_ logID: String, condition: String) async throws -> [StoredFinding] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM findings WHERE log = (SELECT id FROM logs WHERE log_id = ?) AND \(condition)
                    ORDER BY id
                    """, arguments: [logID]
            ).map(StoredFinding.init)
        }
    }

    public func markAnnounced(_ findings: [StoredFinding], logID: String) async throws {
        try await pool.write { database in
            for finding in findings {
                try database.execute(
                    sql: """
                        UPDATE findings SET announced = 1
                        WHERE log = (SELECT id FROM logs WHERE log_id = ?) AND fingerprint = ?
                        """, arguments: [logID, Data(finding.fingerprint.bytes)])
            }
        }
    }

    public func evidence(_ hash: Digest, logID: String) async throws -> StoredEvidence? {
        try await pool.read { database in
            try Row.fetchOne(
                database, sql: "SELECT kind, bytes FROM evidence WHERE log = \(Self.log) AND hash = ?",
                arguments: [logID, Data(hash.bytes)]
            ).map { row in
                guard let kind = Evidence.Kind(rawValue: row["kind"]) else { throw DamagedStore("evidence.kind") }
                return StoredEvidence(kind: kind, bytes: Array(row["bytes"] as Data))
            }
        }
    }

    public func commit(_ step: PollStep) async throws -> [StoredFinding] {
        try await pool.write { database in
            let log = try self.move(step, database)
            for head in step.heads { try self.insert(head, log, database) }
            for head in step.updates { try self.update(head, log, database) }
            try self.append(step.newLeaves, from: step.expected.leafCount, log, database)
            for evidence in step.evidence {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO evidence (log, hash, kind, bytes) VALUES (?, ?, ?, ?)",
                    arguments: [log, Data(evidence.hash.bytes), evidence.kind.rawValue, Data(evidence.bytes)])
            }
            let new = try step.findings.filter { try self.insert($0, log, database) }
            try AlertRows.join(new, of: step, log, database)
            return new
        }
    }

    /// The compare-and-swap: the row must still be as it was read.
    private func move(_ step: PollStep, _ database: Database) throws -> Int64 {
        let position = step.position
        if step.expected.version == 0 {
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO logs (log_id, name, version, seen_size, verified_size, verified_timestamp,
                        verified_count, leaf_count, frontier, leaf_offset, last_leaf_line)
                    VALUES (?, ?, 0, 0, 0, 0, 0, 0, x'', 0, x'')
                    """, arguments: [step.logID, step.name])
        }
        try database.execute(
            sql: """
                UPDATE logs SET name = ?, version = version + 1, seen_size = ?, verified_size = ?, verified_hash = ?,
                    verified_timestamp = ?, verified_count = ?, leaf_count = ?, frontier = ?, leaf_offset = ?,
                    last_leaf_line = ?
                WHERE log_id = ? AND version = ?
                """,
            arguments: [
                step.name, Int64(position.seenSize), Int64(position.verifiedSize),
                position.verifiedHash.map { Data($0.bytes) }, Int64(position.verifiedTimestamp),
                position.verifiedCount, Int64(position.leafCount), Data(position.frontier.flatMap(\.bytes)),
                Int64(position.leafOffset), Data(position.lastLeafLine), step.logID, step.expected.version,
            ])
        guard database.changesCount == 1 else { throw StaleStep() }
        guard
            let log = try Int64.fetchOne(database, sql: "SELECT id FROM logs WHERE log_id = ?", arguments: [step.logID])
        else { throw DamagedStore("logs") }
        return log
    }

    private func insert(_ head: StoredHead, _ log: Int64, _ database: Database) throws {
        guard let raw = head.raw else { throw DamagedStore("a new head without its JSON") }
        let predecessor: Data? =
            switch head.known.predecessor {
            case .unstated: nil
            case .none: Data()
            case .hash(let hash): Data(hash.bytes)
            }
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO heads (log, hash, raw, raw_hash, prev_hash, tree_size, root, timestamp, signers,
                    signer_count, state, seen_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            log, Data(head.known.hash.bytes), Data(raw), Data(head.rawHash.bytes), predecessor,
            Int64(head.known.treeSize), Data(head.known.root.bytes), Int64(head.known.timestamp), head.signerList,
            head.known.signers.count, head.state.rawValue, Int64(head.seenAt),
        ])
    }

    private func update(_ head: StoredHead, _ log: Int64, _ database: Database) throws {
        let hash = Data(head.known.hash.bytes)
        try database.execute(
            sql: "UPDATE heads SET signers = ?, signer_count = ?, state = ? WHERE log = ? AND hash = ?",
            arguments: [head.signerList, head.known.signers.count, head.state.rawValue, log, hash])
        guard let raw = head.raw else { return }
        try database.execute(
            sql: "UPDATE heads SET raw = ?, raw_hash = ? WHERE log = ? AND hash = ?",
            arguments: [Data(raw), Data(head.rawHash.bytes), log, hash])
    }

    private func insert(_ finding: StoredFinding, _ log: Int64, _ database: Database) throws -> Bool {
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO findings
                    (log, fingerprint, rule, severity, tree_size, expected, found, evidence, at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                log, Data(finding.fingerprint.bytes), finding.finding.rule.rawValue,
                finding.finding.severity.rawValue, finding.finding.treeSize.map { Int64($0) },
                finding.finding.expected, finding.finding.found, finding.evidence.map { Data($0.bytes) },
                Int64(finding.at),
            ])
        return database.changesCount == 1
    }

    /// Leaves are stored in tiles of 256 hashes, so that the root at any size can be had again.
    private func append(_ leaves: [Digest], from start: UInt64, _ log: Int64, _ database: Database) throws {
        var rest = leaves[...]
        var index = start
        while !rest.isEmpty {
            let room = Int(Self.leavesPerTile - index % Self.leavesPerTile)
            let hashes = Data(rest.prefix(room).flatMap(\.bytes))
            try database.execute(
                sql: """
                    INSERT INTO leaf_tiles (log, tile, hashes) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET hashes = CAST(hashes || excluded.hashes AS BLOB)
                    """, arguments: [log, Int64(index / Self.leavesPerTile), hashes])
            index += UInt64(min(room, rest.count))
            rest = rest.dropFirst(room)
        }
    }
}

/// The database holds what this program never writes.
public struct DamagedStore: Error, CustomStringConvertible, Sendable {
    let place: String
    init(_ place: String) { self.place = place }
    public var description: String { "the database is damaged at \(place); restore it from a backup" }
}
