import TransparencyLog

/// How far the registrations that are stored were found again in another file.
struct Rereading: Sendable {
    var reader: LeafReader
    /// Leaves that are those of the store.
    var compared: UInt64 = 0
    /// The keys of a new watch-list so far.
    var collected = KeyBook.Changes()
    /// Why no more can be read.
    var problems: [Finding] = []
}

extension LogWatcher {
    /// Leaves that are compared at a time: so many tiles of the store.
    private static let tiles = 256

    /// The file is not the one that was read before: finds the first registration that differs. If there is none, only
    /// their spelling changed, and reading goes on in the new file. The keys of a new watch-list are collected on the way.
    ///
    /// - Returns: `nil` where the time of this poll is over; the next one goes on.
    func readAnew(
        _ leaves: any LeafSupply, _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafProgress,
        _ keys: (book: KeyBook, readsAnew: Bool)?
    ) async throws -> LeafReader? {
        let collects = keys?.readsAnew == true
        var reading =
            try await supply.rereading(leaves, of: position)
            ?? Rereading(
                reader: LeafReader(
                    [], leaves.format, position: LogPosition(), tree: TreeVerifier(), keys: collects ? keys?.book : nil)
            )
        while reading.compared < position.leafCount {
            let before = try await store.leafHashes(
                of: log.logID, from: reading.compared / StoredTiles.width, tiles: Self.tiles)
            guard !before.isEmpty else { throw DamagedStore("leaf_tiles") }
            let end = reading.compared + UInt64(before.count)
            guard try await reading.read(to: end, leaves, until: supply.end) else {
                supply.rereading = reading
                return nil
            }
            try compare(before, &reading, &judge, position)
        }
        var reader = reading.reader
        if collects, let book = reader.keys {
            judge.replaceKeys(reading.collected, book, leafCount: position.leafCount)
        } else {
            reader.keys = keys?.book
        }
        if position.leafCount > 0 { judge.move(to: reader.begin) }
        return reader
    }

    private func compare(
        _ before: [Digest], _ reading: inout Rereading, _ judge: inout PollJudge, _ position: LogPosition
    ) throws {
        let end = reading.compared + UInt64(before.count)
        reading.reader.mark()
        let vouched = reading.reader.takeMarked()
        let now = try vouched?.leaves.hashes() ?? []
        if let place = zip(before, now).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            judge.report(
                Finding(
                    .leavesChanged, treeSize: reading.compared + UInt64(place) + 1, expected: before[place].base64,
                    found: now[place].base64), subject: now[place].bytes)
            throw Self.otherFile
        }
        if reading.reader.count < end {
            // A file that is being copied, or cut: fewer are at hand, and none of them is another.
            for problem in reading.problems {
                judge.report(problem, subject: Array(problem.found.utf8))
            }
            judge.report(
                Finding(
                    .leavesMissing, treeSize: position.leafCount, expected: "\(position.leafCount) registrations",
                    found: "\(reading.reader.count)"))
            throw Self.otherFile
        }
        if let keys = vouched?.keys { reading.collected.add(keys) }
        reading.compared = end
    }

    private static let otherFile = FetchError(
        .malformed, "the leaves are not those that were read before; what was read of them stands")
}

extension Rereading {
    /// Reads up to a size, or as far as the file goes.
    ///
    /// - Returns: `false` where the time was over before.
    fileprivate mutating func read(
        to size: UInt64, _ leaves: any LeafSupply, until end: ContinuousClock.Instant
    ) async throws -> Bool {
        keep(reader.advance(to: size))
        while reader.count < size, !reader.isBlocked, let more = try await leaves.read(from: reader.end, size: size),
            !more.isEmpty
        {
            reader.refill(more)
            keep(reader.advance(to: size))
            // At least one part is read in each poll.
            if reader.count < size, ContinuousClock.now >= end { return false }
        }
        return true
    }

    /// Of a file that only says it anew, nothing else is told again.
    private mutating func keep(_ findings: [Finding]) {
        problems += findings.filter { $0.rule == .leafMalformed }
    }
}
