import Logging
import TransparencyLog

/// Knows what keeps the watcher from seeing or telling, and opens and closes the alerts of it. The store is asked only
/// when something changes.
///
/// Several processes may have one store: each raises what it meets, and the one that tells alone says that it is over. What
/// another one can do, who tells may not be able to.
///
/// Where the store fails too, nothing can be raised; the heartbeat stops then, and whoever waits for it calls.
actor TroubleDesk {
    private let store: any AlertStore
    private let turn: DeliveryTurn
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    private var open: Set<RaisedTrouble.Key> = [] { didSet { changes += 1 } }
    /// How often what is known to be open changed here.
    private(set) var changes = 0
    /// Those that could not be stored, or perhaps were while the answer was lost.
    private var unsure: Set<RaisedTrouble.Key> = []

    init(store: any AlertStore, turn: DeliveryTurn, logger: Logger, now: @escaping @Sendable () -> UInt64) {
        self.store = store
        self.turn = turn
        self.logger = logger
        self.now = now
    }

    /// What was open before a restart.
    func load() async throws {
        let before = changes
        know(try await store.openAlerts(), since: before)
    }

    /// Goes by the store, where another process may have raised something, or ended it while it told.
    ///
    /// - Parameters:
    ///   - alerts: all that are open.
    ///   - before: `changes` before the store was read. What changed since is newer, and is read the next time.
    func know(_ alerts: [StoredAlert], since before: Int) {
        guard before == changes else { return }
        open = Set(
            alerts.compactMap { alert -> RaisedTrouble.Key? in
                guard case .trouble(let kind) = alert.kind else { return nil }
                return RaisedTrouble.Key(kind: kind, logID: alert.logID, subject: alert.subject)
            })
    }

    /// Whether it goes on, as far as is known; also where the store could not be told of it.
    func isOpen(_ trouble: RaisedTrouble) -> Bool { open.contains(trouble.key) || unsure.contains(trouble.key) }

    /// Ends the troubles of logs and sinks that are no longer configured. Evidence is kept of removed logs too, so that
    /// its trouble ends when its files are written.
    func keep(logs: Set<String>, sinks: Set<String>) async {
        let gone = open.filter { key in
            !(key.logID.isEmpty || logs.contains(key.logID) || key.kind == .evidenceUnwritable)
                || !(key.subject.isEmpty || sinks.contains(key.subject))
        }
        for key in gone {
            await resolve(RaisedTrouble(kind: key.kind, logID: key.logID, subject: key.subject))
        }
    }

    func raise(_ trouble: RaisedTrouble) async {
        guard !open.contains(trouble.key) else { return }
        do {
            let alert = try await store.raise(trouble, at: now())
            open.insert(trouble.key)
            unsure.remove(trouble.key)
            guard let alert else { return }
            let level: Logger.Level = alert.severity == .unchecked ? .error : .warning
            logger.log(level: level, "alert: \(alert.kind.documentation)", metadata: metadata(alert))
        } catch {
            unsure.insert(trouble.key)
            report(trouble, error)
        }
    }

    func resolve(_ trouble: RaisedTrouble) async {
        guard isOpen(trouble), turn.take() else { return }
        defer { turn.giveBack() }
        do {
            let alert = try await store.resolve(trouble, at: now())
            open.remove(trouble.key)
            unsure.remove(trouble.key)
            guard let alert else { return }
            logger.notice("resolved: \(alert.kind.documentation)", metadata: metadata(alert))
        } catch { report(trouble, error) }
    }

    private func metadata(_ alert: StoredAlert) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "alert": "\(alert.id)", "kind": "\(alert.kind.rawValue)", "detail": "\(alert.detail)",
        ]
        if !alert.logName.isEmpty { metadata["log"] = "\(alert.logName)" }
        if !alert.subject.isEmpty { metadata["sink"] = "\(alert.subject)" }
        return metadata
    }

    private func report(_ trouble: RaisedTrouble, _ error: any Error) {
        logger.error(
            "an alert cannot be stored, and is tried again",
            metadata: ["kind": "\(trouble.kind.rawValue)", "detail": "\(trouble.detail)", "error": "\(error)"])
    }
}
