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
    let log: WatchedLog
    let store: any HeadStore
    let source: any LogSource
    let announcer: Announcer
    let metrics: WatchMetrics
    let now: @Sendable () -> UInt64

    struct Outcome: Sendable {
        var position: LogPosition
        var newFindings: [StoredFinding]
    }

    func poll() async throws -> Outcome {
        let position = try await store.position(of: log.logID)
        let answer = try await fetch(position)
        var judge = try await judge(answer, position)
        if let wanted = judge.wantedLeaves, log.hasLeaves {
            try await checkRoots(&judge, position, wanted: wanted)
        }
        reportStanding(&judge)
        let step = judge.finish()
        let new = step.isEmpty ? [] : try await store.commit(step)
        var counts = judge.excess
        for finding in new { counts[finding.finding.rule, default: 0] += 1 }
        metrics.count(counts, in: log)
        try await announcer.announce(log, store)
        return Outcome(position: step.position, newFindings: new)
    }

    private func fetch(_ position: LogPosition) async throws -> ChainFetcher.Answer {
        let fetcher = ChainFetcher(source: source, url: log.url, limits: log.limits)
        let answer = try await fetcher.fetch { head in
            if head.treeSize < position.seenSize { return true }
            return try await store.contains(head.hash(log.verifier.trust.canonical), logID: log.logID)
        }
        // A field server gives an empty array where its file is unreadable: that shows nothing of the log.
        if answer.elements.isEmpty, position.seenSize > 0 {
            throw FetchError(.empty, "the log had heads, and the answer has none")
        }
        return answer
    }

    /// Walks through the answer, oldest first.
    private func judge(_ answer: ChainFetcher.Answer, _ position: LogPosition) async throws -> PollJudge {
        let stored = try await relatives(of: answer, position)
        var judge = PollJudge(
            log: log, position: position, stored: stored, now: now(), window: answer.elements.count + 1)
        if !answer.isComplete { judge.beginBehindGap() }
        for start in stride(from: 0, to: answer.elements.count, by: 1_024) {
            let part = answer.elements[start..<min(start + 1_024, answer.elements.count)]
            await judgePart(part.map { answer.body[$0] }, &judge)
        }
        judge.finishChain()
        return judge
    }

    private enum Reading {
        case head(SignedTreeHead)
        case malformed(String)
    }

    private func judgePart(_ elements: [ArraySlice<UInt8>], _ judge: inout PollJudge) async {
        let readings = elements.map(read)
        let fresh = zip(readings, elements).compactMap { reading, raw -> SignedTreeHead? in
            guard case .head(let head) = reading else { return nil }
            return isKnown(head, raw, judge) ? nil : head
        }
        var judged = await HeadBatch.verify(fresh, log.verifier)[...]
        for (reading, raw) in zip(readings, elements) {
            switch reading {
            case .malformed(let reason): judge.addMalformed(raw, reason: reason)
            case .head(let head):
                if judged.first?.head == head { judge.add(judged.removeFirst(), raw: raw) }
            }
        }
    }

    private func isKnown(_ head: SignedTreeHead, _ raw: ArraySlice<UInt8>, _ judge: PollJudge) -> Bool {
        guard let hash = try? head.hash(log.verifier.trust.canonical) else { return false }
        return judge.isKnown(raw, hash: hash)
    }

    private func read(_ raw: ArraySlice<UInt8>) -> Reading {
        do { return .head(try SignedTreeHead(JSONReader.parse(raw, maximumBytes: 1 << 20))) } catch {
            return .malformed("\(error)")
        }
    }

    /// The stored heads that those of the answer may continue or contradict.
    private func relatives(of answer: ChainFetcher.Answer, _ position: LogPosition) async throws -> [StoredHead] {
        guard position.version > 0 else { return [] }
        var smallest = position.verifiedSize
        var parent: Digest?
        for raw in answer.elements {
            guard case .head(let head) = read(answer.body[raw]) else { continue }
            if parent == nil, case .hash(let hash) = head.predecessor { parent = hash }
            smallest = min(smallest, head.treeSize)
        }
        var stored = try await store.heads(of: log.logID, fromSize: smallest, limit: log.limits.chainHeads)
        if let parent, !stored.contains(where: { $0.known.hash == parent }),
            let head = try await store.head(parent, logID: log.logID)
        {
            stored.insert(head, at: 0)
        }
        return stored
    }

    private func checkRoots(_ judge: inout PollJudge, _ position: LogPosition, wanted: UInt64) async throws {
        guard let place = log.leaves else { return }
        guard let frontier = Frontier(size: position.leafCount, hashes: position.frontier) else {
            throw DamagedStore("logs.frontier")
        }
        let fetcher = LeafFetcher(source: source, place: place, limits: log.limits)
        var bytes: [UInt8] = []
        if wanted > position.leafCount || position.leafCount == 0 {
            switch try await fetcher.fetch(after: position) {
            case .next(let next): bytes = next
            case .changed: try await reportChange(&judge, position, try await fetcher.fetchAll())
            }
        }
        var reader = LeafReader(bytes, position: position, tree: TreeVerifier(frontier: frontier))
        try await judge.checkRoots(&reader) {
            try await store.leafHashes(of: log.logID, count: position.leafCount)
        }
    }

    /// The file is not the one that was read before: finds the first registration that differs.
    private func reportChange(_ judge: inout PollJudge, _ position: LogPosition, _ bytes: [UInt8]) async throws {
        let before = try await store.leafHashes(of: log.logID, count: position.leafCount)
        var reader = LeafReader(bytes, position: LogPosition(), tree: TreeVerifier())
        _ = reader.advance(to: position.leafCount)
        let index = zip(before, reader.leaves).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let place = index ?? min(before.count, reader.leaves.count)
        let found = place < reader.leaves.count ? reader.leaves[place].base64 : "no registration"
        guard place < before.count else {
            throw FetchError(.malformed, "users.jsonl was written anew, with the same registrations in other bytes")
        }
        judge.report(
            standing: Finding(
                .leavesChanged, treeSize: UInt64(place) + 1, expected: before[place].base64, found: found),
            subject: Array(found.utf8))
    }

    private func reportStanding(_ judge: inout PollJudge) {
        let position = judge.step.position
        // It holds for good, and is stored with the first step.
        if position.version == 0, let finding = log.verifier.standingFinding { judge.report(standing: finding) }
        if log.frozen == nil, let limit = log.maxHeadAge, let hash = position.verifiedHash,
            now() > position.verifiedTimestamp + UInt64(limit)
        {
            judge.report(
                standing: Finding(
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
