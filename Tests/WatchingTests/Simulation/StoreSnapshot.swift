import GRDB
import TransparencyLog

@testable import Watching

/// All that the database holds of the one log, read behind the watcher's back.
struct StoreSnapshot: Sendable {
    struct Alert: Sendable {
        let alert: StoredAlert
        /// Findings that point at it.
        let findings: Int64
    }

    struct Delivery: Sendable {
        let sink: String
        let alert: Int64
        let toldRevision: Int64
        let isQueued: Bool
    }

    var position = LogPosition()
    var heads: [Digest: StoredHead] = [:]
    var findings: [StoredFinding] = []
    var unannounced = 0
    var alerts: [Alert] = []
    var deliveries: [Delivery] = []

    init() {}

    init(_ store: SQLiteStore) async throws {
        self = try await store.pool.read { database in
            var snapshot = StoreSnapshot()
            if let row = try Row.fetchOne(database, sql: "SELECT * FROM logs") {
                snapshot.position = try LogPosition(row)
            }
            for row in try Row.fetchAll(database, sql: "SELECT \(SQLiteStore.essentials) FROM heads") {
                let head = try StoredHead(row)
                snapshot.heads[head.known.hash] = head
            }
            snapshot.findings = try Row.fetchAll(database, sql: "SELECT * FROM findings ORDER BY id")
                .map(StoredFinding.init)
            snapshot.unannounced =
                try Int.fetchOne(database, sql: "SELECT count(*) FROM findings WHERE announced = 0") ?? 0
            snapshot.alerts = try Row.fetchAll(
                database,
                sql: """
                    SELECT *, (SELECT count(*) FROM findings WHERE alert = alerts.id) AS joined FROM alerts ORDER BY id
                    """
            ).map { Alert(alert: try StoredAlert($0), findings: $0["joined"]) }
            snapshot.deliveries = try Row.fetchAll(database, sql: "SELECT * FROM deliveries ORDER BY sink, alert").map {
                Delivery(
                    sink: $0["sink"], alert: $0["alert"], toldRevision: $0["told_revision"],
                    isQueued: ($0["queued_at"] as Int64?) != nil)
            }
            return snapshot
        }
    }

    /// One line that changes when anything does.
    var summary: String {
        let states = heads.values.sorted { $0.known.hash.hex < $1.known.hash.hex }.map {
            "\($0.known.hash.hex.prefix(4))\($0.state.rawValue)\($0.known.signers.count)"
        }.joined(separator: " ")
        let told = deliveries.map { "\($0.sink)\($0.alert):\($0.toldRevision)\($0.isQueued ? "+" : "")" }
        return "verified \(position.verifiedSize) of \(position.seenSize), leaves \(position.leafCount), "
            + "findings \(findings.count) (\(unannounced) untold), alerts \(alerts.map(\.alert.revision)) "
            + "\(told.joined(separator: " ")) | \(states)"
    }
}
