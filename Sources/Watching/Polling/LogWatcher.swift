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
    let store: any HeadStore
    let source: any LogSource
    let announcer: Announcer
    let metrics: WatchMetrics
    /// Lets so many logs catch up at once.
    let catchUp: Gate
    let now: @Sendable () -> UInt64

    struct Outcome: Sendable {
        var position: LogPosition
        /// The severities of all that was found in this poll, stored before or not.
        var severities: Set<Severity> = []
    }

    /// - Throws: why something could not be fetched, after all that could be judged without it is stored and told.
    func poll() async throws -> Outcome {
        let position = try await store.position(of: log.logID)
        var outcome = Outcome(position: position)
        var failure: FetchError?
        var isCatchingUp = false
        do {
            let answer = try await fetch(position) {
                await catchUp.enter()
                isCatchingUp = true
            }
            failure = try await judge(answer, &outcome)
        } catch let error as FetchError {
            // Nothing is shown: the age of what is verified is judged all the same.
            var judge = PollJudge(
                log: log, position: position, chain: chain(), budget: PollBudget(log.limits), now: now())
            reportStanding(&judge)
            try await commit(&judge, &outcome)
            failure = error
        } catch {
            if isCatchingUp { await catchUp.leave() }
            throw error
        }
        if isCatchingUp { await catchUp.leave() }
        // What an earlier poll could not tell is told now.
        try await announcer.announce(log, store)
        if let failure { throw failure }
        outcome.position = try await store.position(of: log.logID)
        return outcome
    }

    private func fetch(
        _ position: LogPosition, grows: () async -> Void
    ) async throws -> ChainFetcher.Answer {
        let fetcher = ChainFetcher(source: source, url: log.url, limits: log.limits)
        let answer = try await fetcher.fetch(
            meets: { head in
                // By its hash alone: a size proves nothing, and an unknown head behind a known size stands behind a gap.
                guard let hash = try? head.hash(log.verifier.trust.canonical) else { return false }
                return try await !store.heads([hash], logID: log.logID).isEmpty
            }, grows: grows)
        // A field server gives an empty array where its file is unreadable: that shows nothing of the log.
        if answer.elements.isEmpty, position.seenSize > 0 {
            throw FetchError(.empty, "the log had heads, and the answer has none")
        }
        return answer
    }

    private func chain() -> ChainVerifier {
        ChainVerifier(verifier: log.verifier, window: 1 << 20, now: now())
    }

    /// Judges an answer part by part, oldest first, each part committed for itself.
    ///
    /// - Returns: why leaves could not be fetched; the heads then wait for them.
    private func judge(_ answer: ChainFetcher.Answer, _ outcome: inout Outcome) async throws -> FetchError? {
        var chain = chain()
        var budget = PollBudget(log.limits)
        var supply: LeafReader?
        var failure: FetchError?
        var showsIdentity = false
        var isFirst = true
        var rest = answer.elements[...]
        if !answer.isComplete { chain.skipUnreadable() }
        repeat {
            try Task.checkCancellation()
            let part = rest.prefix(Self.heads)
            rest = rest.dropFirst(Self.heads)
            let position = try await store.position(of: log.logID)
            var judge = PollJudge(log: log, position: position, chain: chain, budget: budget, now: now())
            try await judgePart(part.map { answer.body[$0] }, position, &judge, withPending: isFirst)
            if rest.isEmpty { judge.finishChain() }
            if log.hasLeaves, failure == nil, !judge.waiting.isEmpty {
                // A fork that was judged must be stored, whatever becomes of the leaves.
                do { try await checkRoots(&judge, position, &supply) } catch let error as FetchError {
                    failure = error
                }
            }
            showsIdentity = showsIdentity || judge.showsIdentity
            if rest.isEmpty {
                if !showsIdentity, !part.isEmpty { reportIdentity(&judge, position) }
                reportStanding(&judge)
            }
            try await commit(&judge, &outcome)
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

    /// - Parameter supply: the registrations fetched in this poll, read on from part to part.
    private func checkRoots(
        _ judge: inout PollJudge, _ position: LogPosition, _ supply: inout LeafReader?
    ) async throws {
        guard let place = log.leaves else { return }
        let fetcher = LeafFetcher(source: source, place: place, limits: log.limits)
        let wanted = judge.waiting.last?.known.treeSize ?? 0
        var reader: LeafReader
        if let fetched = supply {
            reader = fetched
        } else if wanted > position.leafCount {
            reader = try await firstReader(fetcher, &judge, position)
        } else {
            reader = LeafReader([], position: position, tree: try tree(position))
        }
        let stored = { try await store.leafHashes(of: log.logID, count: position.leafCount) }
        try await judge.checkRoots(&reader, .init(more: { try await fetcher.read(from: $0) }, stored: stored))
        // Where nothing new was wanted, nothing was fetched.
        if supply != nil || wanted > position.leafCount { supply = reader }
    }

    private func tree(_ position: LogPosition) throws -> TreeVerifier {
        guard let frontier = Frontier(size: position.leafCount, hashes: position.frontier) else {
            throw DamagedStore("logs.frontier")
        }
        return TreeVerifier(frontier: frontier)
    }

    private func firstReader(
        _ fetcher: LeafFetcher, _ judge: inout PollJudge, _ position: LogPosition
    ) async throws -> LeafReader {
        if let next = try await fetcher.next(after: position) {
            return LeafReader(next, position: position, tree: try tree(position))
        }
        return try await readAnew(fetcher, &judge, position)
    }

    /// The file is not the one that was read before: finds the first registration that differs. If there is none, only
    /// their spelling changed, and reading goes on in the new file.
    private func readAnew(
        _ fetcher: LeafFetcher, _ judge: inout PollJudge, _ position: LogPosition
    ) async throws -> LeafReader {
        let before = try await store.leafHashes(of: log.logID, count: position.leafCount)
        guard UInt64(before.count) == position.leafCount else { throw DamagedStore("leaf_tiles") }
        var reader = LeafReader([], position: LogPosition(), tree: TreeVerifier())
        var problems = reader.advance(to: position.leafCount)
        while reader.count < position.leafCount, !reader.isBlocked,
            let more = try await fetcher.read(from: reader.end), !more.isEmpty
        {
            reader.refill(more)
            problems += reader.advance(to: position.leafCount)
        }
        reader.mark()
        let now = reader.takeMarked()
        if now == before { return reader }
        if let place = zip(before, now).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            judge.report(
                Finding(
                    .leavesChanged, treeSize: UInt64(place) + 1, expected: before[place].base64,
                    found: now[place].base64), subject: now[place].bytes)
        } else {
            // A file that is being copied, or cut: fewer are at hand, and none of them is another.
            for problem in problems where problem.rule == .leafMalformed {
                judge.report(problem, subject: Array(problem.found.utf8))
            }
            judge.report(
                Finding(
                    .leavesMissing, treeSize: position.leafCount, expected: "\(before.count) registrations",
                    found: "\(now.count)"))
        }
        throw FetchError(.malformed, "users.jsonl is not the file that was read before; what was read of it stands")
    }

    private func commit(_ judge: inout PollJudge, _ outcome: inout Outcome) async throws {
        var step = judge.step
        try await judge.addFindings(
            to: &step,
            .init(
                known: { try await store.known($0, logID: log.logID) },
                raw: { try await store.raw($0, logID: log.logID) }))
        outcome.severities.formUnion(judge.drafts.map(\.finding.severity))
        guard !step.isEmpty else { return }
        let new = try await store.commit(step)
        // Before anything else can fail: what is stored is latched.
        if new.contains(where: { $0.finding.rule.isFork }) { metrics.latchFork(log) }
        metrics.count(new.reduce(into: [:]) { $0[$1.finding.rule, default: 0] += 1 }, in: log)
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
            now() > position.verifiedTimestamp + UInt64(limit)
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
            && position == expected
    }
}
