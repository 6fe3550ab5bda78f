import TransparencyLog

/// How far the registrations that are stored were found again in another file.
struct Rereading: Sendable {
    var reader: LeafReader
    /// Leaves that are those of the store.
    var compared: UInt64 = 0
    /// When they were last found before it began: what others found meanwhile makes it an old one.
    var begun: UInt64 = 0
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
    /// Seconds that one vantage has for it, before another one tries.
    private static let atOneVantage: UInt64 = 21_600
    /// Seconds after which it is told that they cannot be fetched.
    private static let unanswered: UInt64 = 86_400

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
        let reading: Rereading
        switch found {
        case .all(let all): reading = all
        case .others, .fewer: throw Self.otherFile
        case .suspended: return nil
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
    /// - Throws: why the leaves cannot be fetched, once that has lasted for a day.
    func recheck(
        _ point: VantagePoint, _ memory: inout PollMemory, _ supply: inout LeafProgress, _ outcome: inout Outcome
    ) async throws {
        // As it was before this poll, which is at hand; then as it is now.
        let now = clock.now()
        guard recheckIsDue(outcome.position, at: point, now) != nil, now >= memory.nextRecheck else { return }
        let position = try await store.position(of: log.logID)
        guard let since = recheckIsDue(position, at: point, now),
            let leaves = leafSupply(point, memory, wanted: position.leafCount)
        else { return }
        var judge = PollJudge(
            log: log, vantage: point.name, position: position, chain: chain(position), budget: PollBudget(log.limits),
            now: now)
        do {
            switch try await find(
                leaves, &judge, position, &supply, collecting: nil, waitsForMore: since < Self.copying)
            {
            case .suspended: guard since < Self.unanswered else { throw Self.noEnd }
            // All of it would be fetched in each poll.
            case .fewer: memory.nextRecheck = now + Self.copying
            case .all, .others: judge.noteRecheck()
            }
        } catch let error as FetchError {
            guard since < Self.unanswered else { throw error }
        }
        try await commit(&judge, &outcome, isLast: false)
    }

    /// Logs that began together are not read anew together. A clock that was wrong puts nothing off, and a vantage that does not
    /// come to an end leaves it to another one.
    ///
    /// - Returns: for how many seconds; nil where it is not.
    private func recheckIsDue(_ position: LogPosition, at point: VantagePoint, _ now: UInt64) -> UInt64? {
        guard let since = recheckIsDue(position, now) else { return nil }
        let chosen = (position.leavesFoundAt + since / Self.atOneVantage) % UInt64(points.count)
        return points[Int(chosen)].name == point.name ? since : nil
    }

    private func recheckIsDue(_ position: LogPosition, _ now: UInt64) -> UInt64? {
        guard log.hasLeaves, position.leafCount > 0 else { return nil }
        if now < position.leavesFoundAt { return position.leavesFoundAt - now }
        let share = Double(Digest.sha256(Array(log.logID.utf8)).bytes[0]) / 256
        let due = position.leavesFoundAt + UInt64(Double(log.limits.leavesRecheck) * (0.75 + share / 2))
        return now >= due ? now - due : nil
    }

    /// Whether some of the leaves that are stored are missing where they are read from, as far as is known.
    func lacksStored(_ position: LogPosition, _ now: UInt64) -> Bool {
        recheckIsDue(position, now).map { $0 >= Self.copying } ?? false
    }

    private enum Found {
        case all(Rereading)
        /// One is another; which, is reported.
        case others
        /// They end before; that is reported.
        case fewer
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
        reading.begun = position.leavesFoundAt
        // One that looks at no keys stands in for none that does.
        if let earlier = try await supply.rereading(leaves, of: position), earlier.begun == reading.begun,
            book == nil || earlier.reader.keys != nil
        {
            reading = earlier
        }
        while reading.compared < position.leafCount {
            let before = try await store.leafHashes(
                of: log.logID, from: reading.compared / StoredTiles.width, tiles: Self.tiles)
            guard !before.isEmpty else { throw DamagedStore("leaf_tiles") }
            let end = reading.compared + UInt64(before.count)
            let hasTime: Bool
            do { hasTime = try await reading.read(to: end, leaves, until: supply.end) } catch {
                // The next poll goes on all the same.
                supply.rereading = reading
                throw error
            }
            guard hasTime, reading.reader.count >= end || reading.reader.isBlocked || !waitsForMore else {
                supply.rereading = reading
                return .suspended
            }
            switch try fits(before, &reading, &judge, position) {
            case .all: continue
            case let other: return other
            }
        }
        return .all(reading)
    }

    private func fits(
        _ before: [Digest], _ reading: inout Rereading, _ judge: inout PollJudge, _ position: LogPosition
    ) throws -> Found {
        let end = reading.compared + UInt64(before.count)
        reading.reader.mark()
        let vouched = reading.reader.takeMarked()
        let now = try vouched?.leaves.hashes() ?? []
        if let place = zip(before, now).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            judge.report(
                Finding(
                    .leavesChanged, treeSize: reading.compared + UInt64(place) + 1, expected: before[place].base64,
                    found: now[place].base64), subject: now[place].bytes)
            return .others
        }
        if reading.reader.count < end {
            // A file that is being copied, or cut: fewer are at hand, and none of them is another.
            for problem in reading.problems {
                judge.report(problem, subject: Array(problem.found.utf8))
            }
            judge.report(
                Finding(
                    .leavesMissing, treeSize: reading.reader.count + 1,
                    expected: "the \(position.leafCount) registrations that were read before",
                    found: "\(reading.reader.count)"), subject: Array("stored \(position.leavesFoundAt)".utf8))
            return .fewer
        }
        if let keys = vouched?.keys { reading.collected.add(keys) }
        reading.compared = end
        return .all(reading)
    }

    private static let noEnd = FetchError(
        .other,
        "the registrations that were read before could not be found again for more than a day: the log gives them too slowly, "
            + "or others each time")
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
