import Foundation
import GRDB
public import TransparencyLog

/// Checks a whole database against itself and against signatures: SQLite's own structure, every head against its JSON and
/// its signatures, every root against the leaves, every position against what it stands on, and every piece of evidence.
///
/// It reads in pages, so that years of heads take no more memory than a page. It never writes.
public struct StoreChecker: Sendable {
    static let page = 1_024

    private let queue: DatabaseQueue
    private let trust: [String: TrustFile]
    private let jobs: Int

    /// - Parameter trust: the trust files that are pinned; of other logs no signature is checked.
    public init(path: String, trust: [TrustFile], jobs: Int) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            guard FileManager.default.fileExists(atPath: path + StoreIdentity.suffix) else {
                throw UnusableStore(description: "\(path): there is no database yet; start nexo-watch run")
            }
            throw LostStore(path, "is missing")
        }
        var configuration = Configuration()
        configuration.readonly = true
        // One transaction is open for the whole check.
        configuration.allowsUnsafeTransactions = true
        do { queue = try DatabaseQueue(path: path, configuration: configuration) } catch let error as DatabaseError {
            throw LostStore(path, "cannot be read (\(error))")
        }
        self.trust = Dictionary(trust.map { ($0.logID, $0) }) { first, _ in first }
        self.jobs = jobs
    }

    public func check() async throws -> StoreCheck {
        var check = StoreCheck()
        do {
            try hold()
            for problem in try await queue.read({ try Self.structure($0) }) { check.add("SQLite: \(problem)") }
            // What SQLite cannot walk through, nothing else can.
            guard check.problemsInAll == 0 else { return check }
            guard try await queue.read({ try Schema.migrator.hasCompletedMigrations($0) }) else {
                throw UnusableStore(
                    description: "\(queue.path): was written by another version of nexo-watch; check it with that one, "
                        + "or start nexo-watch run, which brings an older one up")
            }
            for row in try queue.read({ try Row.fetchAll($0, sql: "SELECT * FROM logs ORDER BY id") }) {
                try await checkLog(row, &check)
            }
        } catch let error as DatabaseError where error.isDamage {
            check.add("SQLite: \(error)")
        } catch let error as DamagedStore {
            check.add("\(error.place): holds what nexo-watch never writes")
        }
        return check
    }

    /// From here on what is read is of one moment, though a watcher writes meanwhile: else what it wrote between two reads would
    /// look like damage.
    func hold() throws {
        try queue.unsafeRead { database in
            guard !database.isInsideTransaction else { return }
            try database.beginTransaction(.deferred)
            // A moment is that of the first reading.
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
        }
    }

    private static func structure(_ database: Database) throws -> [String] {
        let integrity = try String.fetchAll(database, sql: "PRAGMA integrity_check(100)").filter { $0 != "ok" }
        let orphans = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(100).map { row in
            "\(row["table"] as String? ?? "?") row \(row["rowid"] as Int64? ?? 0) points to nothing"
        }
        return integrity + orphans
    }

    private func checkLog(_ row: Row, _ check: inout StoreCheck) async throws {
        let (name, logID): (String, String) = (row["name"], row["log_id"])
        let pinned = trust[logID]
        var log = StoreCheck.Log(name: name, logID: logID, isPinned: pinned != nil)
        var problems: [String] = []
        let position = try LogPosition(row)
        let rows = LogRows(queue: queue, log: row["id"], name: name)
        try await HeadCheck(rows: rows, trust: pinned, jobs: jobs).run(position, &log.counts, &problems)
        try RootCheck(rows: rows).run(position, &log.counts, &problems)
        try KeyCheck(rows: rows).run(position, &problems)
        try FindingCheck(rows: rows, trust: pinned).run(&log.counts, &problems)
        check.logs.append(log)
        for problem in problems { check.add("\(name): \(problem)") }
    }
}

/// The rows of one log, page by page.
struct LogRows: Sendable {
    let queue: DatabaseQueue
    let log: Int64
    let name: String

    func fetch(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try queue.read { try Row.fetchAll($0, sql: sql, arguments: arguments) }
    }
}
