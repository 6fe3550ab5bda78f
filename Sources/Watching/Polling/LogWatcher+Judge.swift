import Foundation
import TransparencyLog

/// From the heads of an answer to steps that are stored.
extension LogWatcher {
    /// Heads that are judged and committed at a time: a long catch-up takes the memory of so many.
    private static let heads = 1_024
    /// Bytes of these: what a head says may take over a hundred times its text in memory.
    private static let bytes = 1 << 20

    func chain(_ position: LogPosition) -> ChainVerifier {
        var chain = ChainVerifier(verifier: log.verifier, window: 1 << 20, now: clock.latest())
        chain.beginning = position.gaps.beginning
        chain.beginningTime = position.verifiedHash.map { _ in position.verifiedTimestamp }
        return chain
    }

    /// Judges an answer part by part, oldest first, each part committed for itself.
    ///
    /// - Returns: why leaves could not be fetched; the heads then wait for them.
    func judge(
        _ answer: ChainFetcher.Answer, _ point: VantagePoint, _ memory: inout PollMemory, _ outcome: inout Outcome,
        time: Duration
    ) async throws -> FetchError? {
        // Read by the caller, in this turn.
        let before = outcome.position
        var chain = chain(before)
        var budget = PollBudget(log.limits)
        var supply = LeafProgress(taking: &memory, time: time)
        var failure: FetchError?
        var (showsIdentity, hasWrongRoot) = (false, false)
        var isFirst = true
        var rest = answer.elements[...]
        if !answer.isComplete { chain.skipUnreadable() }
        let newest = newestWithQuorum(answer, before)
        repeat {
            try Task.checkCancellation()
            let part = Self.part(of: rest)
            rest = rest.dropFirst(part.count)
            let position = isFirst ? before : try await store.position(of: log.logID)
            var judge = PollJudge(
                log: log, vantage: point.name, position: position, chain: chain, budget: budget, now: clock.now())
            try await judgePart(part.map { answer.body[$0] }, position, &judge, withPending: isFirst)
            if rest.isEmpty { judge.finishChain() }
            if log.hasLeaves, position.leafCount < position.verifiedSize {
                judge.recheck(try await store.unrooted(of: log.logID, limit: Self.heads), limit: Self.heads)
            }
            try await checkPassed(&judge)
            if log.hasLeaves, failure == nil, outcome.readsOn == nil, !judge.waiting.isEmpty {
                // A fork that was judged must be stored, whatever becomes of the leaves.
                do {
                    try await checkRoots(&judge, position, &supply, point, memory, newest: newest)
                } catch let error as FetchError {
                    failure = error
                }
                if judge.readsOn { outcome.readsOn = supply.count }
                hasWrongRoot = hasWrongRoot || judge.hasWrongRoot
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
        if failure == nil, outcome.readsOn == nil {
            do { try await recheck(point, &memory, &supply, &outcome) } catch let error as FetchError {
                failure = error
            }
        }
        supply.isRefuted = hasWrongRoot && outcome.readsOn == nil
        (memory.reader, memory.rereading) = (supply.left, supply.rereading)
        return failure
    }

    /// The heads that are judged together: one at least.
    private static func part(of rest: ArraySlice<Range<Int>>) -> ArraySlice<Range<Int>> {
        var bytes = 0
        return rest.prefix(heads).prefix { element in
            defer { bytes += element.count }
            return bytes == 0 || bytes + element.count <= Self.bytes
        }
    }

    private enum Reading {
        case head(SignedTreeHead, hash: Digest?, rawHash: Digest)
        case malformed(String)
    }

    func judgePart(
        _ elements: [ArraySlice<UInt8>], _ position: LogPosition, _ judge: inout PollJudge, withPending: Bool
    ) async throws {
        let readings = elements.map(read)
        if position.version > 0 { try await remember(readings, &judge, withPending: withPending) }
        // What is stored with these very bytes need not be judged again.
        var fresh: [(place: Int, head: SignedTreeHead)] = []
        var hashes: Set<Digest> = []
        for (place, reading) in readings.enumerated() {
            guard case .head(let head, let hash, let rawHash) = reading else { continue }
            if let hash, judge.isKnown(hash, rawHash: rawHash) { continue }
            fresh.append((place, head))
            if let hash { hashes.insert(hash) }
        }
        if position.version > 0 {
            let parents = Set(
                fresh.compactMap { if case .hash(let hash) = $0.head.predecessor { hash } else { nil } })
            judge.remember(try await store.heads(parents.subtracting(hashes), logID: log.logID))
            judge.remember(try await store.children(of: parents, logID: log.logID))
        }
        let verdicts = await log.verifier.verify(
            fresh.map(\.head), jobs: ProcessInfo.processInfo.activeProcessorCount)
        let judged = Dictionary(uniqueKeysWithValues: zip(fresh.map(\.place), verdicts))
        for (place, (reading, raw)) in zip(readings, elements).enumerated() {
            if case .malformed(let reason) = reading { judge.addMalformed(raw, reason: reason) }
            if case .head(_, let hash?, let rawHash) = reading,
                judged[place].map({ judge.isKnown(hash, rawHash: rawHash, signers: $0.signers) }) ?? true
            {
                judge.pass(hash)
                continue
            }
            guard let head = judged[place] else { continue }
            try await judge.add(head, raw: raw) { try await store.raw($0, logID: log.logID) }
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
        for case .head(_, let hash?, _) in readings { hashes.insert(hash) }
        // What is verified is always at hand: a chain that starts again beside it is broken, whatever its sizes.
        hashes.formUnion([judge.position.verifiedHash].compactMap { $0 })
        judge.remember(try await store.heads(hashes, logID: log.logID))
        var sizes: Set<UInt64> = []
        for case .head(let head, let hash?, let rawHash) in readings where !judge.isKnown(hash, rawHash: rawHash) {
            sizes.insert(head.treeSize)
        }
        let rivals = try await store.rivals(of: log.logID, sizes: sizes, limit: Self.rivals)
        judge.remember(rivals)
        // A rival behind a contested head is the consequence of a fork, and no new one.
        let parents = rivals.compactMap { if case .hash(let hash) = $0.known.predecessor { hash } else { nil } }
        if !parents.isEmpty { judge.remember(try await store.heads(Set(parents), logID: log.logID)) }
        if withPending { judge.remember(try await store.pending(of: log.logID, limit: Self.heads * 4)) }
    }
}
