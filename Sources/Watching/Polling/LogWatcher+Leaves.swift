import TransparencyLog

/// The leaves behind heads: fetched, compared with those that were read, and hashed to roots.
extension LogWatcher {
    /// - Parameters:
    ///   - supply: the registrations fetched in this poll, read on from part to part.
    ///   - newest: the size that a log's first answer shows; see `keyBook`.
    func checkRoots(
        _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafProgress, _ point: VantagePoint,
        _ memory: PollMemory, newest: UInt64
    ) async throws {
        let waiting = judge.waiting
        let wanted = waiting.last?.known.treeSize ?? 0
        guard let leaves = leafSupply(point, memory, wanted: wanted) else { return }
        var reader: LeafReader
        if let fetched = supply.reader {
            reader = fetched
        } else if wanted > position.leafCount, let earlier = try await supply.resume(leaves, at: position, size: wanted)
        {
            reader = earlier
        } else if wanted > position.leafCount {
            let size = waiting.first { $0.known.treeSize > position.leafCount }?.known.treeSize ?? wanted
            let keys =
                leaves.format == .registrations ? try await keyBook(position, newest: max(newest, wanted)) : nil
            reader = try await firstReader(leaves, &judge, position, size: size, keys)
        } else {
            reader = LeafReader([], leaves.format, position: position, tree: try tree(position))
        }
        let needs = PollJudge.Leaves(
            more: { try await leaves.read(from: $0, size: $1) },
            tree: { TreeVerifier(frontier: try await store.frontier(of: log.logID, at: $0)) },
            prefix: { try await store.prefix(of: log.logID, first: $0, second: $1, beyond: $2) },
            stored: { count in
                let tiles = Int((count + StoredTiles.width - 1) / StoredTiles.width)
                return Array(try await store.leafHashes(of: log.logID, from: 0, tiles: tiles).prefix(Int(count)))
            }, scratch: scratch, hasTime: { [end = supply.end] in ContinuousClock.now < end })
        // Where nothing new was wanted, nothing was fetched. What was, is not lost with what could not be.
        defer { if supply.reader != nil || wanted > position.leafCount { supply.reader = reader } }
        try await judge.checkRoots(&reader, needs)
    }

    private func leafSupply(_ point: VantagePoint, _ memory: PollMemory, wanted: UInt64) -> (any LeafSupply)? {
        let spend = { @Sendable (bytes: Int) in try await shared.rate.spend(bytes) }
        return switch log.leaves {
        case nil: nil
        case WatchConfiguration.Log.tiles:
            LeafTiles(
                source: point.source, url: log.url.hasSuffix("/") ? String(log.url.dropLast()) : log.url,
                limits: log.limits, wanted: wanted, spend: spend)
        case let place?:
            RegistrationFile(
                source: point.source, place: place, limits: log.limits, memory: memory.leaves, spend: spend)
        }
    }

    private func tree(_ position: LogPosition) throws -> TreeVerifier {
        guard let frontier = Frontier(size: position.leafCount, hashes: position.frontier) else {
            throw DamagedStore("logs.frontier")
        }
        return TreeVerifier(frontier: frontier)
    }

    private func firstReader(
        _ leaves: any LeafSupply, _ judge: inout PollJudge, _ position: LogPosition, size: UInt64,
        _ keys: (book: KeyBook, readsAnew: Bool)?
    ) async throws -> LeafReader {
        if keys?.readsAnew != true, let next = try await leaves.next(after: position, size: size) {
            return LeafReader(next, leaves.format, position: position, tree: try tree(position), keys: keys?.book)
        }
        return try await readAnew(leaves, &judge, position, keys)
    }

    /// The file is not the one that was read before: finds the first registration that differs. If there is none, only
    /// their spelling changed, and reading goes on in the new file. The keys of a new watch-list are collected on the way.
    private func readAnew(
        _ leaves: any LeafSupply, _ judge: inout PollJudge, _ position: LogPosition,
        _ keys: (book: KeyBook, readsAnew: Bool)?
    ) async throws -> LeafReader {
        let collects = keys?.readsAnew == true
        var reader = LeafReader(
            [], leaves.format, position: LogPosition(), tree: TreeVerifier(), keys: collects ? keys?.book : nil)
        var collected = KeyBook.Changes()
        var problems: [Finding] = []
        var compared: UInt64 = 0
        while compared < position.leafCount {
            let before = try await store.leafHashes(of: log.logID, from: compared / StoredTiles.width, tiles: 256)
            guard !before.isEmpty else { throw DamagedStore("leaf_tiles") }
            let end = compared + UInt64(before.count)
            problems += reader.advance(to: end)
            while reader.count < end, !reader.isBlocked, let more = try await leaves.read(from: reader.end, size: end),
                !more.isEmpty
            {
                reader.refill(more)
                problems += reader.advance(to: end)
            }
            reader.mark()
            let vouched = reader.takeMarked()
            let now = try vouched?.leaves.hashes() ?? []
            if let place = zip(before, now).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
                judge.report(
                    Finding(
                        .leavesChanged, treeSize: compared + UInt64(place) + 1, expected: before[place].base64,
                        found: now[place].base64), subject: now[place].bytes)
                throw Self.otherFile
            }
            if reader.count < end {
                // A file that is being copied, or cut: fewer are at hand, and none of them is another.
                for problem in problems where problem.rule == .leafMalformed {
                    judge.report(problem, subject: Array(problem.found.utf8))
                }
                judge.report(
                    Finding(
                        .leavesMissing, treeSize: position.leafCount, expected: "\(position.leafCount) registrations",
                        found: "\(reader.count)"))
                throw Self.otherFile
            }
            if let keys = vouched?.keys { collected.add(keys) }
            compared = end
        }
        if collects, let book = reader.keys {
            judge.replaceKeys(collected, book, leafCount: position.leafCount)
        } else {
            reader.keys = keys?.book
        }
        if position.leafCount > 0 { judge.move(to: reader.begin) }
        return reader
    }

    private static let otherFile = FetchError(
        .malformed, "the leaves are not those that were read before; what was read of them stands")
}
