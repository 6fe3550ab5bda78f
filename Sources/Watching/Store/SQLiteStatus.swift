import Foundation
import GRDB
public import TransparencyLog

/// The status site's view of the database: connections of its own that cannot write, so that whoever reads the site
/// neither holds the watcher up nor changes anything.
public final class SQLiteStatus: StatusStore {
    /// Why a file is not a watcher's database that can be read.
    public struct Unreadable: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    private let pool: DatabasePool

    public init(path: String) throws(Unreadable) {
        // SQLite would make an empty database of a name that is wrong.
        guard FileManager.default.fileExists(atPath: path) else {
            throw Unreadable(description: "\(path): there is no database yet; start nexo-watch run")
        }
        var configuration = Configuration()
        configuration.readonly = true
        // A watcher that ends, or that comes back after a crash, locks its database for a moment.
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -1024") }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            let isCurrent = try pool.read { try Schema.migrator.hasCompletedMigrations($0) }
            guard isCurrent else {
                throw Unreadable(
                    description: "\(path): was written by an older nexo-watch; start nexo-watch run, which brings it up"
                )
            }
        } catch let error as Unreadable {
            throw error
        } catch {
            throw Unreadable(description: "\(path): cannot be read as a watcher's database (\(error))")
        }
    }

    public func logs(_ logIDs: [String]) async throws -> [String: StoredLog] {
        try await pool.read { database in
            var logs: [String: StoredLog] = [:]
            for logID in logIDs {
                let row = try Row.fetchOne(database.cachedStatement(sql: .log), arguments: [logID])
                let open = try String.fetchAll(database.cachedStatement(sql: .openSeverities), arguments: [logID])
                // A log that never answered may have an alert that says so.
                if row == nil, open.isEmpty { continue }
                logs[logID] = StoredLog(
                    position: try row.map(LogPosition.init) ?? LogPosition(),
                    root: (row?["root"] as Data?).flatMap { Digest(Array($0)) },
                    signers: Self.names(row?["signers"]),
                    openAlerts: try open.reduce(into: [:]) { counts, text in
                        guard let severity = Severity(rawValue: text) else { throw DamagedStore("alerts.severity") }
                        counts[severity, default: 0] += 1
                    },
                    hasUnassignedViolation: try row.map { row in
                        try Bool.fetchOne(
                            database.cachedStatement(sql: .unassigned), arguments: [row["id"] as Int64]) ?? false
                    } ?? false)
            }
            return logs
        }
    }

    public func polls(_ logIDs: [String]) async throws -> [String: PollRecord] {
        try await pool.read { database in
            let statement = try database.cachedStatement(sql: .poll)
            return try logIDs.reduce(into: [:]) { polls, logID in
                polls[logID] = try Row.fetchOne(statement, arguments: [logID]).map(PollRecord.init)
            }
        }
    }

    public func samples(of logID: String, at times: [UInt64]) async throws -> [HeadSample] {
        try await read(logID, else: []) { database, log in
            let before = try database.cachedStatement(sql: .headBefore)
            let after = try database.cachedStatement(sql: .headAfter)
            return try times.map { time in
                let newest = try Row.fetchOne(before, arguments: [log, Int64(time)])
                let next = try Row.fetchOne(after, arguments: [log, Int64(time)])
                return HeadSample(
                    time: time, timestamp: newest.map { UInt64($0["timestamp"] as Int64) },
                    treeSize: newest.map { UInt64($0["tree_size"] as Int64) } ?? 0,
                    nextTimestamp: next.map { UInt64($0["timestamp"] as Int64) })
            }
        }
    }

    public func newestHeads(of logID: String, limit: Int) async throws -> [SignedSample] {
        try await read(logID, else: []) { database, log in
            try Row.fetchAll(database.cachedStatement(sql: .newestHeads), arguments: [log, limit]).map {
                SignedSample(timestamp: UInt64($0["timestamp"] as Int64), signers: Self.names($0["signers"]))
            }
        }
    }

    public func heads(
        of logID: String, treeSize: UInt64?, page: StatusPage<HeadCursor>
    ) async throws -> [HeadItem] {
        let after = page.after ?? HeadCursor(treeSize: UInt64(Int64.max), signers: .max, id: .max)
        return try await read(logID, else: []) { database, log in
            let rows: [Row]
            if let treeSize {
                rows = try Row.fetchAll(
                    database.cachedStatement(sql: .headsOfSize),
                    arguments: [log, Int64(treeSize), after.signers, after.id, page.limit])
            } else {
                rows = try Row.fetchAll(
                    database.cachedStatement(sql: .heads),
                    arguments: [log, Int64(after.treeSize), after.signers, after.id, page.limit])
            }
            return try rows.map {
                HeadItem(id: $0["id"], head: try StoredHead($0), raw: ($0["raw"] as Data?).map(Array.init))
            }
        }
    }

    public func findings(of logID: String?, rule: Rule?, page: StatusPage<Int64>) async throws -> [FindingItem] {
        let after = page.after ?? .max
        guard let logID else {
            return try await pool.read { database in
                try Row.fetchAll(database.cachedStatement(sql: .allFindings), arguments: [after, page.limit])
                    .map(FindingItem.init)
            }
        }
        return try await read(logID, else: []) { database, log in
            let rows =
                if let rule {
                    try Row.fetchAll(
                        database.cachedStatement(sql: .findingsOfRule),
                        arguments: [log, rule.rawValue, after, page.limit])
                } else {
                    try Row.fetchAll(database.cachedStatement(sql: .findings), arguments: [log, after, page.limit])
                }
            return try rows.map(FindingItem.init)
        }
    }

    public func proved(of logID: String, limit: Int) async throws -> [FindingItem] {
        try await read(logID, else: []) { database, log in
            try Row.fetchAll(database.cachedStatement(sql: .proved), arguments: [log, limit]).map(FindingItem.init)
        }
    }

    public func openAlerts(of logID: String, limit: Int) async throws -> [StoredAlert] {
        try await pool.read { database in
            try Row.fetchAll(database.cachedStatement(sql: .openAlertsOfLog), arguments: [logID, limit])
                .map(StoredAlert.init)
        }
    }

    public func alerts(onlyOpen: Bool, page: StatusPage<Int64>) async throws -> [StoredAlert] {
        try await pool.read { database in
            let statement = try database.cachedStatement(sql: onlyOpen ? .openAlerts : .allAlerts)
            return try Row.fetchAll(statement, arguments: [page.after ?? .max, page.limit]).map(StoredAlert.init)
        }
    }

    public func evidence(_ hash: Digest) async throws -> (logID: String, evidence: StoredEvidence)? {
        try await pool.read { database in
            let statement = try database.cachedStatement(sql: .evidence)
            return try Row.fetchOne(statement, arguments: [Data(hash.bytes)]).map { row in
                guard let kind = Evidence.Kind(rawValue: row["kind"]) else { throw DamagedStore("evidence.kind") }
                return (row["log_id"], StoredEvidence(kind: kind, bytes: Array(row["bytes"] as Data)))
            }
        }
    }

    private func read<Answer: Sendable>(
        _ logID: String, else nothing: Answer, _ body: @Sendable @escaping (Database, Int64) throws -> Answer
    ) async throws -> Answer {
        try await pool.read { database in
            guard let log = try SQLiteStore.row(of: logID, database) else { return nothing }
            return try body(database, log)
        }
    }

    private static func names(_ text: String?) -> [String] {
        (text ?? "").split(separator: "\n").map(String.init).sorted()
    }
}

extension Database {
    fileprivate func cachedStatement(sql: StatusSQL) throws -> Statement { try cachedStatement(sql: sql.rawValue) }
}
