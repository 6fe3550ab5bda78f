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

    /// Heads that are judged and committed at a time: a long catch-up takes the memory of so many.
    private static let heads = 1_024

    /// - Throws: why something could not be fetched, after all that could be judged without it is stored and told.
    func poll() async throws -> Outcome {
        var position = try await store.position(of: log.logID)
        var outcome = Outcome(position: position, newFindings: [])
        var failure: (any Error)?
        do {
            let answer = try await fetch(position)
            failure = try await judge(answer, &outcome)
        } catch let error as FetchError {
            // Nothing is shown: the age of what is verified is judged all the same.
            var judge = PollJudge(log: log, position: position, stored: [], now: now())
            reportStanding(&judge)
            outcome.newFindings += try await commit(&judge)
            failure = error
        }
        // What an earlier poll could not tell is told now.
        try await announcer.announce(log, store)
        if let failure { throw failure }
        position = try await store.position(of: log.logID)
        outcome.position = position
        return outcome
    }

    /// Judges an answer part by part, each committed for itself.
    ///
    /// - Returns: why leaves could not be fetched; the heads then wait for them.
    private func judge(_ answer: ChainFetcher.Answer, _ outcome: inout Outcome) async throws -> (any Error)? {
        var supply: LeafReader?
        var failure: (any Error)?
        var isBehindGap = !answer.isComplete
        var showsIdentity = false
        var rest = answer.elements[...]
        repeat {
            let part = rest.prefix(Self.heads)
            rest = rest.dropFirst(Self.heads)
            let position = try await store.position(of: log.logID)
            var judge = try await judge(part.map { answer.body[$0] }, position, isBehindGap: isBehindGap)
            isBehindGap = judge.endsUnreadable
            showsIdentity = showsIdentity || judge.showsIdentity
            if let wanted = judge.wantedLeaves, failure == nil {
                // A fork that was judged must be stored, whatever becomes of the leaves.
                do { try await checkRoots(&judge, position, wanted, &supply) } catch let error as FetchError {
                    failure = error
                }
            }
            if rest.isEmpty {
                if !showsIdentity, !part.isEmpty { reportIdentity(&judge) }
                reportStanding(&judge)
            }
            outcome.newFindings += try await commit(&judge)
        } while !rest.isEmpty
        return failure
    }

    private func commit(_ judge: inout PollJudge) async throws -> [StoredFinding] {
        let step = judge.finish()
        let new = step.isEmpty ? [] : try await store.commit(step)
        // Before anything else can fail: what is stored is latched.
        if new.contains(where: { $0.finding.rule.isFork }) { metrics.latchFork(log) }
        var counts = judge.excess
        for finding in new { counts[finding.finding.rule, default: 0] += 1 }
        metrics.count(counts, in: log)
        return new
    }

    private func fetch(_ position: LogPosition) async throws -> ChainFetcher.Answer {
        let fetcher = ChainFetcher(source: source, url: log.url, limits: log.limits)
        let answer = try await fetcher.fetch { head in
            // By its hash alone: a size proves nothing, and an unknown head behind a known size stands behind a gap.
            guard let hash = try? head.hash(log.verifier.trust.canonical) else { return false }
            return try await store.contains(hash, logID: log.logID)
        }
        // A field server gives an empty array where its file is unreadable: that shows nothing of the log.
        if answer.elements.isEmpty, position.seenSize > 0 {
            throw FetchError(.empty, "the log had heads, and the answer has none")
        }
        return answer
    }

    /// Walks through a part of the answer, oldest first.
    private func judge(
        _ elements: [ArraySlice<UInt8>], _ position: LogPosition, isBehindGap: Bool
    ) async throws -> PollJudge {
        let readings = elements.map(read)
        var judge = PollJudge(
            log: log, position: position, stored: try await stored(readings, position), now: now())
        if isBehindGap { judge.beginBehindGap() }
        var fresh: [SignedTreeHead] = []
        for (reading, raw) in zip(readings, elements) {
            if case .head(let head) = reading, !isKnown(head, raw, &judge) { fresh.append(head) }
        }
        if position.version > 0 {
            let parents = Set(fresh.compactMap { if case .hash(let hash) = $0.predecessor { hash } else { nil } })
            judge.remember(try await store.families(of: parents, logID: log.logID))
        }
        var judged = await log.verifier.verify(fresh, jobs: ProcessInfo.processInfo.activeProcessorCount)[...]
        for (reading, raw) in zip(readings, elements) {
            switch reading {
            case .malformed(let reason): judge.addMalformed(raw, reason: reason)
            case .head(let head):
                if judged.first?.head == head { judge.add(judged.removeFirst(), raw: raw) }
            }
        }
        judge.finishChain()
        return judge
    }

    private enum Reading {
        case head(SignedTreeHead)
        case malformed(String)
    }

    private func isKnown(_ head: SignedTreeHead, _ raw: ArraySlice<UInt8>, _ judge: inout PollJudge) -> Bool {
        guard let hash = try? head.hash(log.verifier.trust.canonical) else { return false }
        return judge.isKnown(raw, hash: hash)
    }

    private func read(_ raw: ArraySlice<UInt8>) -> Reading {
        do { return .head(try SignedTreeHead(JSONReader.parse(raw, maximumBytes: 1 << 20))) } catch {
            return .malformed("\(error)")
        }
    }

    /// The stored heads of the sizes of these, and those that wait for their leaves.
    private func stored(_ readings: [Reading], _ position: LogPosition) async throws -> [StoredHead] {
        guard position.version > 0 else { return [] }
        let sizes = readings.compactMap { if case .head(let head) = $0 { head.treeSize } else { nil as UInt64? } }
        return try await store.heads(
            of: log.logID, sizes: (sizes.min() ?? 0)...(sizes.max() ?? 0), limit: Self.heads * 16)
    }

    /// - Parameter supply: the registrations fetched in this poll; fetched once, and read on from step to step.
    private func checkRoots(
        _ judge: inout PollJudge, _ position: LogPosition, _ wanted: UInt64, _ supply: inout LeafReader?
    ) async throws {
        guard log.hasLeaves else { return }
        var reader: LeafReader
        if let fetched = supply {
            reader = fetched
        } else {
            reader = try await fetchLeaves(&judge, position, wanted)
        }
        try await judge.checkRoots(&reader) {
            try await store.leafHashes(of: log.logID, count: position.leafCount)
        }
        // Where nothing new was wanted, nothing was fetched.
        if supply != nil || wanted > position.leafCount { supply = reader }
    }

    private func fetchLeaves(
        _ judge: inout PollJudge, _ position: LogPosition, _ wanted: UInt64
    ) async throws -> LeafReader {
        guard let frontier = Frontier(size: position.leafCount, hashes: position.frontier) else {
            throw DamagedStore("logs.frontier")
        }
        var bytes: ArraySlice<UInt8> = []
        if let place = log.leaves, wanted > position.leafCount {
            let fetcher = LeafFetcher(source: source, place: place, limits: log.limits)
            switch try await fetcher.fetch(after: position) {
            case .next(let next): bytes = next
            case .changed: return try await readAnew(&judge, position, try await fetcher.fetchAll())
            }
        }
        return LeafReader(bytes, position: position, tree: TreeVerifier(frontier: frontier))
    }

    /// The file is not the one that was read before: finds the first registration that differs. If there is none, only
    /// their spelling changed, and reading goes on in the new file.
    private func readAnew(
        _ judge: inout PollJudge, _ position: LogPosition, _ bytes: ArraySlice<UInt8>
    ) async throws -> LeafReader {
        let before = try await store.leafHashes(of: log.logID, count: position.leafCount)
        var reader = LeafReader(bytes, position: LogPosition(), tree: TreeVerifier())
        let problems = reader.advance(to: position.leafCount)
        let now = reader.takeLeaves()
        if now == before { return reader }
        if let place = zip(before, now).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            judge.report(
                standing: Finding(
                    .leavesChanged, treeSize: UInt64(place) + 1, expected: before[place].base64,
                    found: now[place].base64), subject: now[place].bytes)
        } else {
            // A file that is being copied, or cut: fewer are at hand, and none of them is another.
            for problem in problems where problem.rule == .leafMalformed {
                judge.report(standing: problem, subject: Array(problem.found.utf8))
            }
            judge.report(
                standing: Finding(
                    .leavesMissing, treeSize: position.leafCount, expected: "\(before.count) registrations",
                    found: "\(now.count)"))
        }
        guard let frontier = Frontier(size: position.leafCount, hashes: position.frontier) else {
            throw DamagedStore("logs.frontier")
        }
        // What was read before stands; nothing of the changed file is taken in.
        return LeafReader([], position: position, tree: TreeVerifier(frontier: frontier))
    }

    /// Another log answers here: redeployed under new keys, or behind a moved address. What is known stays; an operator
    /// decides (C8).
    private func reportIdentity(_ judge: inout PollJudge) {
        guard judge.step.expected.verifiedHash != nil else { return }
        judge.report(
            standing: Finding(
                .logIdentityChanged, expected: "heads signed by cosigners of \(log.logID)",
                found: "none among the heads that are served"))
    }

    private func reportStanding(_ judge: inout PollJudge) {
        let position = judge.step.position
        if let frozen = log.frozen, position.verifiedSize > frozen.treeSize {
            judge.report(
                standing: Finding(
                    .frozenLogMoved, treeSize: position.verifiedSize,
                    expected: "nothing behind size \(frozen.treeSize)",
                    found: "a verified head"), subject: position.verifiedHash?.bytes ?? [])
        }
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
