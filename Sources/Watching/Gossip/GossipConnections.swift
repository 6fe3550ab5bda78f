import Synchronization

/// The connections of gossip to the store: its own, since whoever asks must hold no poll up. They are opened when gossip is
/// first configured, and stay over reloads.
final class GossipConnections: Sendable {
    private let polls: SQLiteStore
    private let opened = Mutex<SQLiteStore?>(nil)

    /// - Parameter polls: the store as polls use it, which is open and checked.
    init(to polls: SQLiteStore) { self.polls = polls }

    /// - Throws: as where a store is opened.
    func store() throws -> SQLiteStore {
        try opened.withLock { opened in
            if let opened { return opened }
            let store = try SQLiteStore(beside: polls)
            opened = store
            return store
        }
    }
}
