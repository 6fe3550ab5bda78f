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
    /// Seconds for which one server of several may lag behind, where nobody waits for more leaves.
    private static let copying: UInt64 = 3_600

    /// The file is not the one that was read before: finds the first registration that differs. If there is none, only
    /// their spelling changed, and reading goes on in the new file. The keys of a new watch-list are collected on the way.
    ///
    /// - Returns: `nil` where the time of this poll is over; the next one goes on.
    func readAnew(
        _ leaves: any LeafSupply, _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafProgress,
        _ keys: (book: KeyBook, readsAnew: Bool)?
    ) async throws -> LeafReader? {
        let collects = keys?.readsAnew == true
        let found = try await find(leaves, &judge, position, &supply, collecting: collects ? keys?.book : nil)
        guard case .all(let reading) = found else {
            if case .others = found { throw Self.otherFile }
            return nil
        }
        var reader = reading.reader
        if collects, let book = reader.keys {
            judge.replaceKeys(reading.collected, book, leafCount: position.leafCount)
        } else {
            reader.keys = keys?.book
        }
        if position.leafCount > 0 {
            judge.move(to: reader.begin)
            judge.noteRecheck()
        }
        return reader
    }

    /// Looks, now and then, whether the log still has all that is stored of its leaves, though nobody needs to know: a line
    /// that was edited in its place shows in no new one. What does not fit is told, and the heads go on.
    ///
    /// - Parameter position: as it is stored.
    func recheck(
        _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafProgress, _ point: VantagePoint,
        _ memory: PollMemory
    ) async throws {
        guard let since = recheckIsDue(position, at: point, judge.now),
            let leaves = leafSupply(point, memory, wanted: position.leafCount)
        else { return }
        let found = try await find(
            leaves, &judge, position, &supply, collecting: nil, waitsForMore: since < Self.copying)
        if case .suspended = found { return }
        judge.noteRecheck()
    }

    /// Logs that began together are not read anew together. A clock that was wrong puts nothing off.
    ///
    /// - Returns: for how many seconds; nil where it is not.
    private func recheckIsDue(_ position: LogPosition, at point: VantagePoint, _ now: UInt64) -> UInt64? {
        let found = position.leavesFoundAt
        guard position.leafCount > 0, points[Int(found % UInt64(points.count))].name == point.name else { return nil }
        if now < found { return 0 }
        let share = Double(Digest.sha256(Array(log.logID.utf8)).bytes[0]) / 256
        let due = found + UInt64(Double(log.limits.leavesRecheck) * (0.75 + share / 2))
        return now >= due ? now - due : nil
    }

    private enum Found {
        case all(Rereading)
        /// Some are missing, or others; which, is reported.
        case others
        /// The time of this poll is over; the next one goes on.
        case suspended
    }

    /// Reads the registrations that are stored from the log, from the first one on.
    ///
    /// - Parameters:
    ///   - book: what their keys are compared with.
    ///   - waitsForMore: whether a file that ends before is left to the next poll.
    private func find(
        _ leaves: any LeafSupply, _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafProgress,
        collecting book: KeyBook?, waitsForMore: Bool = false
    ) async throws -> Found {
        var reading = Rereading(
            reader: LeafReader([], leaves.format, position: LogPosition(), tree: TreeVerifier(), keys: book))
        // One that looks at no keys stands in for none that does.
        if let earlier = try await supply.rereading(leaves, of: position), book == nil || earlier.reader.keys != nil {
            reading = earlier
        }
        while reading.compared < position.leafCount {
            let before = try await store.leafHashes(
                of: log.logID, from: reading.compared / StoredTiles.width, tiles: Self.tiles)
            guard !before.isEmpty else { throw DamagedStore("leaf_tiles") }
            let end = reading.compared + UInt64(before.count)
            let hasTime = try await reading.read(to: end, leaves, until: supply.end)
            guard hasTime, reading.reader.count >= end || reading.reader.isBlocked || !waitsForMore else {
                supply.rereading = reading
                return .suspended
            }
            guard try fits(before, &reading, &judge, position) else { return .others }
        }
        return .all(reading)
    }

    private func fits(
        _ before: [Digest], _ reading: inout Rereading, _ judge: inout PollJudge, _ position: LogPosition
    ) throws -> Bool {
        let end = reading.compared + UInt64(before.count)
        reading.reader.mark()
        let vouched = reading.reader.takeMarked()
        let now = try vouched?.leaves.hashes() ?? []
        if let place = zip(before, now).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            judge.report(
                Finding(
                    .leavesChanged, treeSize: reading.compared + UInt64(place) + 1, expected: before[place].base64,
                    found: now[place].base64), subject: now[place].bytes)
            return false
        }
        if reading.reader.count < end {
            // A file that is being copied, or cut: fewer are at hand, and none of them is another.
            for problem in reading.problems {
                judge.report(problem, subject: Array(problem.found.utf8))
            }
            judge.report(
                Finding(
                    .leavesMissing, treeSize: position.leafCount, expected: "\(position.leafCount) registrations",
                    found: "\(reading.reader.count)"), subject: Array("stored".utf8))
            return false
        }
        if let keys = vouched?.keys { reading.collected.add(keys) }
        reading.compared = end
        return true
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
            // A file on this machine is read without anything that a stop would end.
            try Task.checkCancellation()
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
