import TransparencyLog

extension LogWatcher {
    /// Heads of a first answer that are looked through for one with a quorum.
    private static let newestTried = 32

    /// What the keys in new leaves are compared with.
    ///
    /// - Parameter newest: how far the log's first answer went.
    /// - Returns: also whether the leaves that are stored are to be read anew, since they were not looked at under this list.
    func keyBook(_ position: LogPosition, newest: UInt64) async throws -> (book: KeyBook, readsAnew: Bool)? {
        guard let list = log.watchList else { return nil }
        func book(_ baseline: UInt64, _ keys: [Digest: RegisteredKey] = [:]) -> KeyBook {
            KeyBook(list, baseline: baseline, keys: keys, findings: log.limits.findingsPerPoll)
        }
        if let stored = try await store.watchedKeys(of: log.logID) {
            if stored.list == list.fingerprint, stored.leafCount == position.leafCount {
                return (book(stored.baseline, stored.keys), false)
            }
            // The first read may not have come to its end.
            return (book(max(stored.baseline, position.leafCount)), true)
        }
        if position.leafCount > 0 { return (book(position.leafCount), true) }
        return (book(position.verifiedHash == nil ? newest : position.verifiedSize), false)
    }

    /// The size of the newest head with a quorum, of a log that is seen for the first time: what it covers is what the watch
    /// begins with, in however many parts it is read. Any other head could put that off for ever.
    func newestWithQuorum(_ answer: ChainFetcher.Answer, _ position: LogPosition) -> UInt64 {
        guard log.watchList != nil, position.verifiedHash == nil, position.leafCount == 0 else { return 0 }
        for element in answer.elements.suffix(Self.newestTried).reversed() {
            // One that cannot be read is told of when its part is judged.
            guard
                let head = try? SignedTreeHead(
                    json: Array(answer.body[element]), maximumBytes: log.limits.headBytes),
                log.verifier.isQuorum(log.verifier.verify(head).signers)
            else { continue }
            return head.treeSize
        }
        return 0
    }
}
