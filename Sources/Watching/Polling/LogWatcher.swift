import Foundation
import Logging
import TransparencyLog

/// Watches one log. A poll reads like this:
///
///     fetch the newest heads, until they meet what is known
///     verify their signatures
///     judge them in the order of the chain
///     recompute their roots from the leaves
///     store heads, position, findings and evidence in one transaction
///     write the evidence's files, then tell people
struct LogWatcher: Sendable {
    /// Heads that are judged and committed at a time: a long catch-up takes the memory of so many.
    private static let heads = 1_024

    let log: WatchedLog
    let points: [VantagePoint]
    let store: any HeadStore
    let announcer: Announcer
    let metrics: WatchMetrics
    let clock: ClockWatch
    /// Bounds that all logs share.
    let shared: SharedBounds
    /// One answer of a log is judged at a time, whatever its vantages.
    let turn = Gate(places: 1)

    struct Outcome: Sendable {
        var position: LogPosition
        /// The severities of all that was found in this poll, stored before or not.
        var severities: Set<Severity> = []
        /// Heads that were verified in this poll.
        var verified: Int64 = 0
        /// Heads that wait for their leaves.
        var waiting = 0
    }

    /// Polls at one vantage.
    ///
    /// - Throws: why something could not be fetched, after all that could be judged without it is stored and told.
    func poll(at point: VantagePoint, _ memory: inout PollMemory) async throws -> Outcome {
        let host = point.host(of: log.url)
        var places = shared.polls
        await places.enter(host)
        do {
            try Task.checkCancellation()
            let fetched = try await fetch(point, memory) {
                // A large answer takes its place among those alone.
                await places.leave(host)
                places = shared.catchUps
                await places.enter(host)
            }
            let outcome = try await inTurn { try await settle(fetched, point, &memory) }
            await places.leave(host)
            return outcome
        } catch {
            await places.leave(host)
            throw error
        }
    }

    func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
        await turn.enter()
        do {
            let result = try await body()
            await turn.leave()
            return result
        } catch {
            await turn.leave()
            throw error
        }
    }

    private func settle(
        _ fetched: Result<ChainFetcher.Answer, FetchError>, _ point: VantagePoint, _ memory: inout PollMemory
    ) async throws -> Outcome {
        let position = try await store.position(of: log.logID)
        var outcome = Outcome(position: position)
        var failure: FetchError?
        switch fetched {
        case .success(let answer):
            failure = try await judge(answer, point, memory, &outcome)
            memory.chain = answer.validators
        case .failure(let error):
            // Nothing is shown: the age of what is verified is judged all the same.
            var judge = PollJudge(
                log: log, vantage: point.name, position: position, chain: chain(position),
                budget: PollBudget(log.limits),
                now: clock.now())
            reportStanding(&judge)
            try await commit(&judge, &outcome, isLast: true)
            failure = error
        }
        // What an earlier poll could not tell is told now.
        try await announcer.announce(log, store)
        if let failure { throw failure }
        outcome.position = try await store.position(of: log.logID)
        outcome.verified = outcome.position.verifiedCount - position.verifiedCount
        return outcome
    }

    private func fetch(
        _ point: VantagePoint, _ memory: PollMemory, grows: () async -> Void
    ) async throws -> Result<ChainFetcher.Answer, FetchError> {
        let position = try await store.position(of: log.logID)
        let fetcher = ChainFetcher(source: point.source, url: log.url, limits: log.limits)
        do {
            let answer = try await fetcher.fetch(
                validators: memory.chain,
                meets: { head in
                    // By its hash alone: a size proves nothing, and an unknown head behind a known size stands behind a
                    // gap.
                    guard let hash = try? head.hash(log.verifier.trust.canonical) else { return false }
                    return try await !store.heads([hash], logID: log.logID).isEmpty
                }, grows: grows, spend: { try await shared.rate.spend($0) })
            if let heard = answer.clock {
                metrics.heard(log, skew: clock.hear(heard, from: point.host(of: log.url)))
            }
            // A field server gives an empty array where its file is unreadable: that shows nothing of the log.
            if answer.elements.isEmpty, !answer.isUnchanged, position.seenSize > 0 {
                throw FetchError(.empty, "the log had heads, and the answer has none")
            }
            return .success(answer)
        } catch let error as FetchError {
            return .failure(error)
        }
    }

    func chain(_ position: LogPosition) -> ChainVerifier {
        var chain = ChainVerifier(verifier: log.verifier, window: 1 << 20, now: clock.latest())
        chain.beginning = position.gaps.beginning
        return chain
    }

    /// Judges an answer part by part, oldest first, each part committed for itself.
    ///
    /// - Returns: why leaves could not be fetched; the heads then wait for them.
    private func judge(
        _ answer: ChainFetcher.Answer, _ point: VantagePoint, _ memory: PollMemory, _ outcome: inout Outcome
    ) async throws -> FetchError? {
        // Read by the caller, in this turn.
        let before = outcome.position
        var chain = chain(before)
        var budget = PollBudget(log.limits)
        var supply: LeafReader?
        var failure: FetchError?
        var showsIdentity = false
        var isFirst = true
        var rest = answer.elements[...]
        if !answer.isComplete { chain.skipUnreadable() }
        let newest = newestWithQuorum(answer, before)
        repeat {
            try Task.checkCancellation()
            let part = rest.prefix(Self.heads)
            rest = rest.dropFirst(Self.heads)
            let position = isFirst ? before : try await store.position(of: log.logID)
            var judge = PollJudge(
                log: log, vantage: point.name, position: position, chain: chain, budget: budget, now: clock.now())
            try await judgePart(part.map { answer.body[$0] }, position, &judge, withPending: isFirst)
            if rest.isEmpty { judge.finishChain() }
            if log.hasLeaves, failure == nil, !judge.waiting.isEmpty {
                // A fork that was judged must be stored, whatever becomes of the leaves.
                do {
                    try await checkRoots(&judge, position, &supply, point, memory, newest: newest)
                } catch let error as FetchError {
                    failure = error
                }
            }
            outcome.waiting += judge.waiting.count
            showsIdentity = showsIdentity || judge.showsIdentity
            if rest.isEmpty {
                if !showsIdentity, !part.isEmpty { reportIdentity(&judge, position) }
                reportStanding(&judge)
                judge.position.assurance = Assurance(
                    judge.position, hasLeaves: log.hasLeaves, isWaiting: outcome.waiting > 0)
            }
            try await commit(&judge, &outcome, isLast: rest.isEmpty)
            (chain, budget, isFirst) = (judge.chain, judge.budget, false)
            // They are in the store, which the next part asks for those that matter to it.
            chain.forgetAllButLast()
        } while !rest.isEmpty
        return failure
    }

    private enum Reading {
        case head(SignedTreeHead, hash: Digest?, rawHash: Digest)
        case malformed(String)
    }

    private func judgePart(
        _ elements: [ArraySlice<UInt8>], _ position: LogPosition, _ judge: inout PollJudge, withPending: Bool
    ) async throws {
        let readings = elements.map(read)
        if position.version > 0 { try await remember(readings, &judge, withPending: withPending) }
        var fresh: [SignedTreeHead] = []
        var freshAt: [Int] = []
        var hashes: Set<Digest> = []
        for (index, reading) in readings.enumerated() {
            guard case .head(let head, let hash, let rawHash) = reading else { continue }
            if let hash, judge.isKnown(hash, rawHash: rawHash) { continue }
            fresh.append(head)
            freshAt.append(index)
            if let hash { hashes.insert(hash) }
        }
        if position.version > 0 {
            let parents = Set(fresh.compactMap { if case .hash(let hash) = $0.predecessor { hash } else { nil } })
            judge.remember(try await store.heads(parents.subtracting(hashes), logID: log.logID))
            judge.remember(try await store.children(of: parents, logID: log.logID))
        }
        let judged = await log.verifier.verify(fresh, jobs: ProcessInfo.processInfo.activeProcessorCount)
        var next = 0
        for (index, (reading, raw)) in zip(readings, elements).enumerated() {
            if case .malformed(let reason) = reading { judge.addMalformed(raw, reason: reason) }
            guard next < freshAt.count, freshAt[next] == index else { continue }
            judge.add(judged[next], raw: raw)
            next += 1
        }
    }

    private func read(_ raw: ArraySlice<UInt8>) -> Reading {
        do {
            let head = try SignedTreeHead(json: Array(raw), maximumBytes: log.limits.headBytes)
            return .head(head, hash: try? head.hash(log.verifier.trust.canonical), rawHash: .sha256(raw))
        } catch { return .malformed("\(error)") }
    }

    /// The stored heads that those of the answer are, may contradict, or wait with.
    private func remember(_ readings: [Reading], _ judge: inout PollJudge, withPending: Bool) async throws {
        var hashes: Set<Digest> = []
        var sizes: [UInt64] = []
        for case .head(let head, let hash?, _) in readings {
            hashes.insert(hash)
            sizes.append(head.treeSize)
        }
        // What is verified is always at hand: a chain that starts again beside it is broken, whatever its sizes.
        hashes.formUnion([judge.position.verifiedHash].compactMap { $0 })
        judge.remember(try await store.heads(hashes, logID: log.logID))
        if let smallest = sizes.min(), let largest = sizes.max() {
            judge.remember(
                try await store.rivals(of: log.logID, sizes: smallest...largest, limit: Self.heads * 16))
        }
        if withPending { judge.remember(try await store.pending(of: log.logID, limit: Self.heads * 4)) }
    }

    /// - Parameters:
    ///   - supply: the registrations fetched in this poll, read on from part to part.
    ///   - newest: the size that a log's first answer shows; see `keyBook`.
    private func checkRoots(
        _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafReader?, _ point: VantagePoint,
        _ memory: PollMemory, newest: UInt64
    ) async throws {
        let waiting = judge.waiting
        let wanted = waiting.last?.known.treeSize ?? 0
        guard let leaves = leafSupply(point, memory, wanted: wanted) else { return }
        var reader: LeafReader
        if let fetched = supply {
            reader = fetched
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
            })
        try await judge.checkRoots(&reader, needs)
        // Where nothing new was wanted, nothing was fetched.
        if supply != nil || wanted > position.leafCount { supply = reader }
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
            let now = vouched?.leaves ?? []
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
        return reader
    }

    private static let otherFile = FetchError(
        .malformed, "the leaves are not those that were read before; what was read of them stands")

    func commit(_ judge: inout PollJudge, _ outcome: inout Outcome, isLast: Bool) async throws {
        var step = judge.step
        try await judge.addFindings(
            to: &step,
            .init(
                known: { try await store.known($0, logID: log.logID) },
                raw: { try await store.raw($0, logID: log.logID) },
                checkpoint: { try await store.checkpoint(of: log.logID, from: $0) },
                prefix: { try await store.prefix(of: log.logID, first: $0, second: $1, beyond: []) }))
        outcome.severities.formUnion(judge.drafts.map(\.finding.severity))
        step.resolves = over(judge, step)
        if isLast { step.unstored = judge.budget.refused }
        guard !step.isEmpty else { return }
        try await commit(step)
    }

    /// Stores a step, then shows and tells what is new in it.
    func commit(_ step: PollStep) async throws {
        let new = try await store.commit(step)
        // Before anything else can fail: what is stored is latched.
        if new.contains(where: { $0.finding.rule.isFork }) { metrics.latchFork(log) }
        metrics.countEvidence(step.evidence.count, in: log)
        if let keys = step.keyStep {
            metrics.countUnfollowed(keys.unfollowed, in: log)
            metrics.show(log, watchedIDs: try await store.watchedIDs(of: log.logID))
        }
        metrics.count(new.reduce(into: [:]) { $0[$1.finding.rule, default: 0] += 1 }, in: log)
        // Not at the end of a long catch-up alone.
        if !new.isEmpty { try await announcer.announce(log, store) }
    }

    /// Another log answers here: redeployed under new keys, or behind a moved address. What is known stays; an operator
    /// decides (C8).
    private func reportIdentity(_ judge: inout PollJudge, _ position: LogPosition) {
        guard position.verifiedHash != nil else { return }
        judge.report(
            Finding(
                .logIdentityChanged, expected: "heads signed by cosigners of \(log.logID)",
                found: "none among the heads that are served"))
    }

    /// The rules whose alerts end with a step: the newest head is fresh again, and no head waits for its leaves.
    private func over(_ judge: PollJudge, _ step: PollStep) -> Set<Rule> {
        guard step.position.verifiedHash != step.expected.verifiedHash else { return [] }
        var rules: Set<Rule> = []
        let limit = log.maxHeadAge.map { step.position.verifiedTimestamp + UInt64($0) }
        if log.frozen != nil || clock.earliest() <= limit ?? .max { rules.insert(.headStale) }
        if judge.waiting.isEmpty { rules.insert(.leavesMissing) }
        return rules
    }

    private func reportStanding(_ judge: inout PollJudge) {
        let position = judge.position
        if let finding = log.verifier.standingFinding { judge.report(finding) }
        if let frozen = log.frozen {
            if position.verifiedSize > frozen.treeSize {
                judge.report(
                    Finding(
                        .frozenLogMoved, treeSize: position.verifiedSize,
                        expected: "nothing behind size \(frozen.treeSize)", found: "a verified head"),
                    subject: position.verifiedHash?.bytes ?? [])
            }
        } else if let limit = log.maxHeadAge, let hash = position.verifiedHash,
            clock.earliest() > position.verifiedTimestamp + UInt64(limit)
        {
            judge.report(
                Finding(
                    .headStale, treeSize: position.verifiedSize, expected: "a head younger than \(limit) s",
                    found: "one of \(position.verifiedTimestamp)"), subject: hash.bytes)
        }
    }
}

extension PollStep {
    /// Whether there is nothing to write.
    var isEmpty: Bool {
        heads.isEmpty && updates.isEmpty && newLeaves.isEmpty && findings.isEmpty && evidence.isEmpty
            && position == expected && unstored?.isEmpty != false && keyStep == nil
    }
}
