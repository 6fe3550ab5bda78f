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
        // Between two parts another process may have stored some of these leaves.
        if let fetched = supply.reader, fetched.begin.frontier.end == position.leafCount {
            reader = fetched
        } else if wanted > position.leafCount, let earlier = try await supply.resume(leaves, at: position, size: wanted)
        {
            reader = earlier
        } else if wanted > position.leafCount {
            let size = waiting.first { $0.known.treeSize > position.leafCount }?.known.treeSize ?? wanted
            let keys =
                leaves.format == .registrations ? try await keyBook(position, newest: max(newest, wanted)) : nil
            guard let first = try await firstReader(leaves, &judge, position, &supply, size: size, keys) else {
                judge.readsOn = true
                return
            }
            reader = first
        } else {
            reader = LeafReader([], leaves.format, position: position, tree: try tree(position))
        }
        // Where nothing new was wanted, nothing was fetched. What was, is not lost with what could not be.
        defer { if supply.reader != nil || wanted > position.leafCount { supply.reader = reader } }
        try await judge.checkRoots(&reader, needs(leaves, until: supply.end))
        // Others wait behind these: they are read at once, too.
        if judge.waitsForMore { judge.readsOn = true }
    }

    /// Heads that need no more leaves are judged whatever becomes of the leaves.
    func checkPassed(_ judge: inout PollJudge) async throws {
        try await judge.checkPassed(needs(nil, until: .now))
    }

    private func needs(_ leaves: (any LeafSupply)?, until end: ContinuousClock.Instant) -> PollJudge.Leaves {
        PollJudge.Leaves(
            more: { try await leaves?.read(from: $0, size: $1) },
            tree: { TreeVerifier(frontier: try await store.frontier(of: log.logID, at: $0)) },
            prefix: { try await store.prefix(of: log.logID, first: $0, second: $1, beyond: $2) },
            checkpoint: { try await store.checkpoint(of: log.logID, from: $0) },
            stored: { count in
                let tiles = Int((count + StoredTiles.width - 1) / StoredTiles.width)
                return Array(try await store.leafHashes(of: log.logID, from: 0, tiles: tiles).prefix(Int(count)))
            },
            heads: { try await store.rivals(of: log.logID, sizes: [$0], limit: Self.rivals) },
            scratch: scratch, hasTime: { ContinuousClock.now < end })
    }

    func leafSupply(_ point: VantagePoint, _ memory: PollMemory, wanted: UInt64) -> (any LeafSupply)? {
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

    /// - Returns: `nil` where the time was over before all that is stored was found again.
    private func firstReader(
        _ leaves: any LeafSupply, _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafProgress,
        size: UInt64, _ keys: (book: KeyBook, readsAnew: Bool)?
    ) async throws -> LeafReader? {
        if keys?.readsAnew != true, let next = try await leaves.next(after: position, size: size) {
            return LeafReader(next, leaves.format, position: position, tree: try tree(position), keys: keys?.book)
        }
        return try await readAnew(leaves, &judge, position, &supply, keys)
    }
}
