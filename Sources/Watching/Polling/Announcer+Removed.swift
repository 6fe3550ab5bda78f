extension Announcer {
    /// Tells what is owed of logs that are no longer configured: the watcher crashed before it could tell, and the log was
    /// removed before the next start. Nobody polls them, so it is now or never.
    func announceRemoved(besides watched: Set<String>, _ store: any HeadStore) async throws {
        for log in try await store.logs() where !watched.contains(log.logID) {
            try await announce(log, store)
            try await restoreEvidence(log, store)
            LoopPulse.current?.works()
        }
    }
}
