import TransparencyLog

/// Keys of watched ids, as far as a signed root vouches for their leaves.
extension PollJudge {
    /// - Parameter leafCount: the leaves up to which they are known now.
    mutating func takeKeys(_ changes: KeyBook.Changes, _ book: KeyBook, leafCount: UInt64) {
        var step = keyStep ?? WatchedKeyStep(book)
        step.change.leafCount = leafCount
        step.change.keys.merge(changes.keys) { $1 }
        step.unfollowed += changes.unfollowed
        step.untold += changes.untold
        if changes.unfollowed > 0 { reportUnfollowed(book.list.limit) }
        for told in changes.told { report(told.finding, subject: told.leaf.bytes) }
        keyStep = step
    }

    /// Keys that were collected anew from leaves that are stored.
    mutating func replaceKeys(_ changes: KeyBook.Changes, _ book: KeyBook, leafCount: UInt64) {
        keyStep = WatchedKeyStep(book, replacesAll: true)
        takeKeys(changes, book, leafCount: leafCount)
    }

    /// Told once for each bound: whoever fills the places of a pattern must not do so unseen.
    private mutating func reportUnfollowed(_ limit: Int) {
        report(
            Finding(
                .keyChanged, expected: "at most \(limit) watched ids (limits.watched_ids)",
                found: "more ids that a pattern matches; the keys of those beyond are not compared"),
            subject: Array("watched_ids \(limit)".utf8))
    }
}
