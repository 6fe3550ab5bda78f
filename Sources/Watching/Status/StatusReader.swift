import TransparencyLog

/// What is shown of the logs: the store's view, with what the running watcher knows beyond it.
public struct StatusReader: Sendable {
    let logs: [WatchedLog]
    let store: any StatusStore
    /// Nil where no watcher runs in this process: what it kept in the store is shown then.
    private let board: PollBoard?
    let now: @Sendable () -> UInt64

    public init(logs: [WatchedLog], store: any StatusStore, now: @escaping @Sendable () -> UInt64) {
        self.init(logs: logs, store: store, board: nil, now: now)
    }

    init(logs: [WatchedLog], store: any StatusStore, board: PollBoard?, now: @escaping @Sendable () -> UInt64) {
        self.logs = logs
        self.store = store
        self.board = board
        self.now = now
    }

    /// All logs, those that need somebody first.
    public func all() async throws -> [LogStatus] {
        try await statuses(of: logs).sorted { ($0.health, $0.log.name) < ($1.health, $1.log.name) }
    }

    func status(of log: WatchedLog) async throws -> LogStatus? { try await statuses(of: [log]).first }

    /// - Parameter name: as configured, or a log_id.
    func log(_ name: String) -> WatchedLog? {
        logs.first { $0.name == name } ?? logs.first { $0.logID == name }
    }

    private func statuses(of logs: [WatchedLog]) async throws -> [LogStatus] {
        let ids = logs.map(\.logID)
        let stored = try await store.logs(ids)
        let polls = if let board { board.all } else { try await store.polls(ids) }
        let now = now()
        return logs.map { LogStatus($0, stored[$0.logID], polls[$0.logID], now: now) }
    }
}
