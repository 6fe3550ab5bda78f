import Foundation
import GRDB
import TransparencyLog

/// The rows of alerts, inside a transaction of somebody's: every change that people are to be told of goes through here.
enum AlertRows {
    /// What an alert is opened with.
    struct Opening {
        var kind: AlertKind
        var severity: Severity
        var logID: String
        var logName: String
        var subject = ""
        var detail = ""
        var at: UInt64
    }

    static func open(
        _ logID: String, _ kind: AlertKind, _ subject: String, _ database: Database
    ) throws -> StoredAlert? {
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM alerts WHERE log_id = ? AND kind = ? AND subject = ? AND closed_at IS NULL")
        return try Row.fetchOne(statement, arguments: [logID, kind.rawValue, subject]).map(StoredAlert.init)
    }

    /// Opens an alert, due for every sink; one that fails is not told of itself.
    static func insert(_ opening: Opening, _ database: Database) throws -> Int64 {
        let key = "\(opening.logID)\u{0}\(opening.kind.rawValue)\u{0}\(opening.subject)"
        let earlier =
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM alerts WHERE log_id = ? AND kind = ? AND subject = ?",
                arguments: [opening.logID, opening.kind.rawValue, opening.subject]) ?? 0
        // With the time, so that a store that was lost and made anew does not repeat the fingerprints of the old one.
        let fingerprint = Digest.sha256(Array("\(key)\u{0}\(earlier)\u{0}\(opening.at)".utf8))
        try database.execute(
            sql: """
                INSERT INTO alerts (log_id, log_name, kind, subject, severity, fingerprint, detail, opened_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                opening.logID, opening.logName, opening.kind.rawValue, opening.subject, opening.severity.rawValue,
                Data(fingerprint.bytes), opening.detail, Int64(opening.at), Int64(opening.at),
            ])
        let id = database.lastInsertedRowID
        try database.execute(
            sql: "INSERT INTO deliveries (sink, alert, queued_at) SELECT name, ?, ? FROM sinks WHERE name <> ?",
            arguments: [id, Int64(opening.at), opening.subject])
        return id
    }

    /// Counts the alert's revision up, and makes it due for every sink that has it.
    static func touch(_ id: Int64, at now: UInt64, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE alerts SET revision = revision + 1, updated_at = ? WHERE id = ?", arguments: [Int64(now), id])
        try database.execute(
            sql: "UPDATE deliveries SET queued_at = ?, attempts = 0 WHERE alert = ? AND queued_at IS NULL",
            arguments: [Int64(now), id])
    }

    /// Closes an alert that is open.
    static func close(_ id: Int64, at now: UInt64, _ database: Database) throws {
        try database.execute(sql: "UPDATE alerts SET closed_at = ? WHERE id = ?", arguments: [Int64(now), id])
        try touch(id, at: now, database)
    }

    /// New findings join the open alerts of their kinds, or open some; what ended is closed.
    static func join(_ findings: [StoredFinding], of step: PollStep, _ log: Int64, _ database: Database) throws {
        for rule in step.resolves {
            guard let alert = try open(step.logID, .rule(rule), "", database) else { continue }
            try close(alert.id, at: step.at, database)
        }
        for (rule, findings) in Dictionary(grouping: findings, by: \.finding.rule).sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            try join(findings, rule, of: step, log, database)
        }
        if let unstored = step.unstored { try count(unstored, of: step, database) }
    }

    private static func join(
        _ findings: [StoredFinding], _ rule: Rule, of step: PollStep, _ log: Int64, _ database: Database
    ) throws {
        let open = try open(step.logID, .rule(rule), "", database)
        let opening = Opening(
            kind: .rule(rule), severity: findings.first?.finding.severity ?? rule.severity, logID: step.logID,
            logName: step.name, at: step.at)
        let id = try open?.id ?? insert(opening, database)
        for finding in findings {
            try database.execute(
                sql: "UPDATE findings SET alert = ? WHERE log = ? AND fingerprint = ?",
                arguments: [id, log, Data(finding.fingerprint.bytes)])
        }
        try database.execute(
            sql: "UPDATE alerts SET findings = findings + ?, log_name = ? WHERE id = ?",
            arguments: [findings.count, step.name, id])
        // Who acknowledged a trouble that goes on knows of it.
        if let open, open.acknowledgement == nil { try touch(id, at: step.at, database) }
    }

    /// How many more there are than are stored, in the open alerts of a log. None is opened for it: what is beyond the
    /// bound of one poll is behind others of its rule that were stored, and a rule that was acknowledged is quiet.
    private static func count(_ unstored: [Rule: Int], of step: PollStep, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM alerts WHERE log_id = ? AND closed_at IS NULL")
        let alerts = try Row.fetchAll(statement, arguments: [step.logID]).map(StoredAlert.init)
        for alert in alerts {
            guard case .rule(let rule) = alert.kind, alert.unstored != Int64(unstored[rule] ?? 0) else { continue }
            try database.execute(
                sql: "UPDATE alerts SET unstored = ? WHERE id = ?", arguments: [unstored[rule] ?? 0, alert.id])
            if alert.acknowledgement == nil { try touch(alert.id, at: step.at, database) }
        }
    }

    /// Findings from before there were alerts: all of a kind in a log are one that nobody acknowledged yet.
    static func adoptFindings(_ database: Database) throws {
        let groups = try Row.fetchAll(
            database,
            sql: """
                SELECT logs.id AS log, log_id, name, rule, severity, count(*) AS count, min(at) AS at
                FROM findings JOIN logs ON logs.id = findings.log GROUP BY logs.id, rule ORDER BY min(findings.id)
                """)
        for row in groups {
            guard let kind = AlertKind(rawValue: row["rule"]), let severity = Severity(rawValue: row["severity"]) else {
                throw DamagedStore("findings")
            }
            if kind.resolvesItself { continue }
            let id = try insert(
                Opening(
                    kind: kind, severity: severity, logID: row["log_id"], logName: row["name"],
                    at: UInt64(row["at"] as Int64)), database)
            try database.execute(
                sql: "UPDATE alerts SET findings = ? WHERE id = ?", arguments: [row["count"] as Int64, id])
            try database.execute(
                sql: "UPDATE findings SET alert = ? WHERE log = ? AND rule = ?",
                arguments: [id, row["log"] as Int64, kind.rawValue])
        }
    }
}

extension StoredAlert {
    init(_ row: Row) throws {
        guard let kind = AlertKind(rawValue: row["kind"]), let severity = Severity(rawValue: row["severity"]),
            let fingerprint = Digest(Array(row["fingerprint"] as Data))
        else { throw DamagedStore("alerts") }
        let acknowledgement = (row["acknowledged_at"] as Int64?).map {
            Acknowledgement(at: UInt64($0), by: row["acknowledged_by"] ?? "", note: row["note"] ?? "")
        }
        self.init(
            id: row["id"], logID: row["log_id"], logName: row["log_name"], kind: kind, subject: row["subject"],
            severity: severity, fingerprint: fingerprint, revision: row["revision"], findings: row["findings"],
            unstored: row["unstored"], detail: row["detail"], openedAt: UInt64(row["opened_at"] as Int64),
            updatedAt: UInt64(row["updated_at"] as Int64), closedAt: (row["closed_at"] as Int64?).map { UInt64($0) },
            acknowledgement: acknowledgement)
    }
}

extension QueuedAlert {
    init(_ row: Row) throws {
        self.init(
            alert: try StoredAlert(row), toldRevision: row["told_revision"],
            toldAt: (row["told_at"] as Int64?).map { UInt64($0) }, attempts: row["attempts"],
            queuedAt: (row["queued_at"] as Int64?).map { UInt64($0) })
    }
}
