import TransparencyLog

/// Keys of watched ids, as far as a signed root vouches for their leaves.
extension PollJudge {
    mutating func takeKeys(_ vouched: LeafReader.Vouched) {
        guard let book = vouched.keys else { return }
        var step =
            keyStep
            ?? WatchedKeyStep(
                change: WatchedKeys(list: book.list.fingerprint, baseline: book.baseline, leafCount: 0))
        step.change.leafCount = vouched.mark.frontier.end
        reportUnfollowed(vouched.unfollowed, book, &step)
        for note in vouched.notes {
            step.change.keys[note.id] = note.key
            if let finding = note.finding { report(finding, subject: note.leaf.bytes) }
        }
        keyStep = step
    }

    /// Keys that were collected anew from leaves that are stored.
    mutating func replaceKeys(_ book: KeyBook, leafCount: UInt64) {
        var step = WatchedKeyStep(
            change: WatchedKeys(list: book.list.fingerprint, baseline: book.baseline, leafCount: leafCount),
            replacesAll: true)
        step.change.keys = book.keys
        reportUnfollowed(book.unfollowed, book, &step)
        keyStep = step
    }

    /// Told once for each bound: whoever fills the places of a pattern must not do so unseen.
    private mutating func reportUnfollowed(_ count: Int, _ book: KeyBook, _ step: inout WatchedKeyStep) {
        guard count > 0 else { return }
        step.unfollowed += count
        let limit = book.list.limit
        report(
            Finding(
                .keyChanged, expected: "at most \(limit) watched ids (limits.watched_ids)",
                found: "more ids that a pattern matches; the keys of those beyond are not compared"),
            subject: Array("watched_ids \(limit)".utf8))
    }
}
