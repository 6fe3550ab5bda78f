import Foundation
import GRDB
import LogFiles
public import TransparencyLog

/// The store in SQLite: WAL, one writer and many readers, one transaction a step.
public final class SQLiteStore: HeadStore {
    let pool: DatabasePool

    /// - Throws: `LostStore` where what was remembered is gone or damaged: it is never begun anew in silence.
    ///   `UnusableStore` where it can be neither read nor written now.
    public init(path: String) throws {
        let identity = try StoreIdentity(of: path)
        pool = try Self.telling(path) {
            try DurableFolder.make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            let pool = try Self.connect(path)
            guard try pool.read({ try !Schema.migrator.hasBeenSuperseded($0) }) else {
                throw LostStore(path, "was written by a newer version of nexo-watch; run that one")
            }
            try Schema.migrator.migrate(pool)
            // SQLite opens what it may not write for reading alone, and it would stay like that when the disk is well again.
            try pool.writeWithoutTransaction { database in
                try database.inTransaction {
                    try database.execute(sql: "UPDATE store SET thinned_head = thinned_head")
                    return .rollback
                }
            }
            // What a process wrote that was killed before its sync is read like all else: it must not be acted upon, and then
            // be lost with the power.
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
            try pool.read(Self.checkPositions)
            try Self.confirm(identity, pool)
            return pool
        }
    }

    /// More connections to a store that is open, for those who must not hold up what it does. Its positions were checked
    /// when it was opened, and are not again; that it is still the one in its place is.
    ///
    /// - Throws: as where a store is opened.
    init(beside store: SQLiteStore) throws {
        let path = store.pool.path
        let identity = try StoreIdentity(of: path)
        pool = try Self.telling(path) {
            let pool = try Self.connect(path)
            try Self.confirm(identity, pool)
            return pool
        }
    }

    private static func confirm(_ identity: StoreIdentity, _ pool: DatabasePool) throws {
        try identity.confirm(try pool.read { try Data.fetchOne($0, sql: "SELECT id FROM store") })
    }

    private static func connect(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        // Every connection has a page cache of its own; readers are few and short.
        configuration.maximumReaderCount = 2
        // In KiB, for each connection.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -1024") }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // An acknowledged step survives a power cut, not only a crash. Set here and not where connections are
        // prepared: the pool sets NORMAL on its writer after that.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        return pool
    }

    /// Opens, and says of a failure what it means.
    private static func telling(_ path: String, _ open: () throws -> DatabasePool) throws -> DatabasePool {
        do { return try open() } catch let error as DatabaseError where error.isDamage {
            throw LostStore(path, "is damaged (\(error))")
        } catch let error as DatabaseError {
            throw UnusableStore(
                description: "\(path): cannot be used (\(error)); check the disk, and who may write there")
        } catch let error as DamagedStore {
            throw LostStore(path, "is damaged at \(error.place)")
        }
    }

    public func position(of logID: String) async throws -> LogPosition {
        try await pool.read { database in
            let statement = try database.cachedStatement(sql: "SELECT * FROM logs WHERE log_id = ?")
            guard let row = try Row.fetchOne(statement, arguments: [logID]) else { return LogPosition() }
            return try LogPosition(row)
        }
    }

    /// Moves what the -wal file holds into the database's own file. For the end; SQLite does so meanwhile by itself.
    func settle() throws {
        try pool.writeWithoutTransaction { database in
            // Whoever reads it, as an audit does, is not waited for.
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            _ = try database.checkpoint(.truncate)
        }
    }

    /// The row of a log, by its log_id as an argument.
    static let log = "(SELECT id FROM logs WHERE log_id = ?)"

    /// What is read of a head; its JSON stays where it is.
    static let essentials = """
        hash, prev_hash, tree_size, root, timestamp, state, seen_at, vantage,
        (SELECT signers FROM signer_sets WHERE signer_sets.id = signer_set) AS signers,
        (SELECT sha256 FROM head_json WHERE head = heads.id) AS raw_hash
        """

    /// Heads that continue one head: more than two are a fork already.
    private static let familyLimit = 64

    public func heads(_ hashes: Set<Digest>, logID: String) async throws -> [StoredHead] {
        try await each(hashes, logID: logID) { database, log, hash in
            let statement = try database.cachedStatement(
                sql: "SELECT \(Self.essentials) FROM heads WHERE \(HeadRows.byHash)")
            return try Row.fetchAll(statement, arguments: [log, hash, hash]).map(StoredHead.init)
        }
    }

    // A size has as many heads as the log signs: heartbeats that differ in their time alone must crowd out no other root.
    public func rivals(of logID: String, sizes: Set<UInt64>, limit: Int) async throws -> [StoredHead] {
        if sizes.isEmpty { return [] }
        return try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Self.essentials) FROM heads WHERE id IN (
                        SELECT MAX(id) FROM heads
                        WHERE log = \(Self.log) AND tree_size = ? AND signer_count > 0
                        GROUP BY root, signer_set, state ORDER BY state = ? DESC, signer_count DESC, MAX(id) DESC LIMIT ?)
                    """)
            // Those of a catch-up are mostly larger than all that is stored.
            let largest = try Int64.fetchOne(
                database,
                sql: "SELECT MAX(tree_size) FROM heads WHERE log = \(Self.log) AND signer_count > 0", arguments: [logID]
            )
            return try sizes.filter { Int64($0) <= largest ?? -1 }.flatMap { size in
                try Row.fetchAll(
                    statement, arguments: [logID, Int64(size), StoredHead.State.verified.rawValue, limit]
                ).map(StoredHead.init)
            }
        }
    }

    public func unrooted(of logID: String, limit: Int) async throws -> [StoredHead] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.essentials) FROM heads
                    WHERE log = \(Self.log) AND tree_size > (SELECT leaf_count FROM logs WHERE log_id = ?)
                        AND signer_count > 0 AND state = ?
                    ORDER BY tree_size, id LIMIT ?
                    """, arguments: [logID, logID, StoredHead.State.verified.rawValue, limit]
            ).map(StoredHead.init)
        }
    }

    public func pending(of logID: String, limit: Int) async throws -> [StoredHead] {
        try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Self.essentials) FROM heads WHERE log = \(Self.log) AND state = 1
                    ORDER BY tree_size LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [logID, limit]).map(StoredHead.init)
        }
    }

    public func children(of parents: Set<Digest>, logID: String) async throws -> [StoredHead] {
        try await each(parents, logID: logID) { database, log, hash in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Self.essentials) FROM heads
                    WHERE log = ? AND substr(prev_hash, 1, 8) = substr(?, 1, 8) AND prev_hash = ? AND signer_count > 0
                    ORDER BY signer_count DESC, id DESC LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [log, hash, hash, Self.familyLimit]).map(StoredHead.init)
        }
    }

    public func raw(_ hash: Digest, logID: String) async throws -> [UInt8]? {
        try await pool.read { database in
            try Data.fetchOne(
                database,
                sql: """
                    SELECT json FROM head_json WHERE head =
                        (SELECT id FROM heads WHERE \(HeadRows.byHash.replacing("log = ?", with: "log = \(Self.log)")))
                    """, arguments: [logID, Data(hash.bytes), Data(hash.bytes)]
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

    /// The row of a log, where it has one.
    static func row(of logID: String, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM logs WHERE log_id = ?"), arguments: [logID])
    }

    /// Look-ups by index, one for each digest, in one transaction.
    private func each<Found: Sendable>(
        _ digests: Set<Digest>, logID: String, _ find: @Sendable @escaping (Database, Int64, Data) throws -> [Found]
    ) async throws -> [Found] {
        if digests.isEmpty { return [] }
        return try await pool.read { database in
            guard let log = try Self.row(of: logID, database) else { return [] }
            return try digests.flatMap { try find(database, log, Data($0.bytes)) }
        }
    }

    public func findings(of logID: String) async throws -> [StoredFinding] {
        try await findings(logID, condition: "1")
    }

    public func unannounced(of logID: String) async throws -> [StoredFinding] {
        try await findings(logID, condition: "announced = 0")
    }

    public func hasFork(_ logID: String) async throws -> Bool {
        try await pool.read { try Self.hasOpenFork(logID, $0) }
    }

    static func hasOpenFork(_ logID: String, _ database: Database) throws -> Bool {
        let kinds = AlertKind.forks.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM alerts
                    WHERE log_id = ? AND kind IN (\(kinds)) AND closed_at IS NULL)
                """, arguments: [logID]) ?? false
    }

    private func findings(_ logID: String, condition: String) async throws -> [StoredFinding] {
        try await pool.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM findings WHERE log = (SELECT id FROM logs WHERE log_id = ?) AND \(condition)
                    ORDER BY id
                    """)
            return try Row.fetchAll(statement, arguments: [logID]).map(StoredFinding.init)
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
        defer { LoopPulse.current?.works() }
        let pulse = LoopPulse.current
        return try await pool.write { database in
            let log = try self.move(step, database)
            for head in step.heads { try HeadRows.insert(head, log, database) }
            for head in step.updates { try HeadRows.update(head, log, database) }
            try StoredTiles(log: log).append(step.newLeaves, from: step.expected.leafCount, database) {
                // Millions take their time.
                pulse?.works()
            }
            if let keys = step.keyStep { try Self.write(keys, log, database) }
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
        let update = try database.cachedStatement(
            sql: """
                UPDATE logs SET name = ?, version = version + 1, seen_size = ?, verified_size = ?, verified_hash = ?,
                    verified_timestamp = ?, verified_count = ?, leaf_count = ?, frontier = ?, leaf_offset = ?,
                    last_leaf_line = ?, leaves_found_at = ?, assurance = ?, gaps = ?
                WHERE log_id = ? AND version = ?
                """)
        try update.execute(arguments: [
            step.name, Int64(position.seenSize), Int64(position.verifiedSize),
            position.verifiedHash.map { Data($0.bytes) }, Int64(position.verifiedTimestamp),
            position.verifiedCount, Int64(position.leafCount), Data(position.frontier.flatMap(\.bytes)),
            Int64(position.leafOffset), Data(position.lastLeafLine), Int64(position.leavesFoundAt),
            position.assurance.rawValue, Data(position.gaps.bytes), step.logID, step.expected.version,
        ])
        guard database.changesCount == 1 else { throw StaleStep() }
        guard let log = try Self.row(of: step.logID, database) else { throw DamagedStore("logs") }
        return log
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
}
