import Logging
import TransparencyLog

/// Compares notes: with a peer, with those who submit heads, and with what was heard before.
struct GossipDesk: Sendable {
    /// Proofs that one log is asked for in one round.
    private static let proofsPerRound = 4
    /// Heads of one log that a peer may tell of: its newest, and those whose signatures add up with it.
    static let headsOfLog = 16
    /// Files of evidence that wait for their log's turn in one round, of each log.
    private static let lateFiles = 2

    let logs: [String: LogWatcher]
    let store: any GossipStore
    let limits: GossipLimits
    let metrics: GossipMetrics
    let logger: Logger

    /// One round with a peer: its newest heads, then evidence that is not held here. Two requests, one more for each log
    /// where the peer is ahead, and one for each new file.
    func round(with peer: GossipPeer) async throws {
        metrics.began(peer.name)
        var unknown = 0
        var late: [InTurn] = []
        for (logID, heads) in try await peer.newestHeads() {
            guard let log = logs[logID] else {
                unknown += 1
                continue
            }
            try await begin({ try await compare(heads, log, peer, $0) }, &late)
        }
        metrics.countUnknownLogs(unknown, of: peer.name)
        try await takeEvidence(of: peer, &late)
        for _ in 0..<(try await finish(late)) { metrics.skipped(peer.name) }
    }

    /// What is done with a log in its turn, and how long that is waited for.
    typealias InTurn = @Sendable (GossipLimits) async throws -> Void

    /// Does something if the turn comes soon: a log may decide how long its own answer is judged.
    ///
    /// - Parameter late: takes what is left for later.
    func begin(_ work: @escaping InTurn, _ late: inout [InTurn]) async throws {
        do { try await work(limits) } catch is TimeLimit.Exceeded { late.append(work) }
    }

    /// Does what is late, all at once, so that none waits for another one's log.
    ///
    /// - Returns: how many turns did not come, all within `latePatience`.
    func finish(_ late: [InTurn]) async throws -> Int {
        if late.isEmpty { return 0 }
        var limits = limits
        limits.lateUntil = .now + limits.latePatience
        LoopPulse.current?.waits()
        defer { LoopPulse.current?.works() }
        // None of them says anything of the others' life.
        return try await LoopPulse.$current.withValue(nil) { [limits] in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for work in late {
                    group.addTask {
                        do { try await work(limits) } catch is TimeLimit.Exceeded { return false }
                        return true
                    }
                }
                return try await group.reduce(0) { $1 ? $0 : $0 + 1 }
            }
        }
    }

    private func compare(
        _ heads: [[UInt8]], _ log: LogWatcher, _ peer: GossipPeer, _ limits: GossipLimits
    ) async throws {
        var isAhead = false
        for raw in heads {
            let answer = try await log.compare(raw, from: peer.vantage, store, limits)
            metrics.count(answer, of: peer.name)
            isAhead = isAhead || answer == .newer
        }
        guard isAhead else { return }
        // The peer is ahead: what it verified where this watcher stands can be compared at once.
        let size = try await log.store.position(of: log.log.logID).verifiedSize
        guard size > 0, let own = try await peer.head(of: log.log.logID, at: size) else { return }
        metrics.count(try await log.compare(own, from: peer.vantage, store, limits), of: peer.name)
    }

    /// The newest verified head of each log, and behind it as many of its size and root as bring its quorum.
    func newestHeads() async throws -> [(logID: String, json: [UInt8])] {
        var told: [(logID: String, json: [UInt8])] = []
        // A list that is too long for peers tells them nothing of any log.
        var room = limits.answerBytes / 4
        for (logID, newest) in try await store.newestVerified(of: logs.keys.sorted()) {
            guard let log = logs[logID], let raw = newest.raw else { continue }
            told.append((logID, raw))
            guard !log.log.verifier.isQuorum(newest.known.signers) else { continue }
            for raw in try await log.addingUp(with: newest.known, limit: Self.headsOfLog - 1) where raw.count <= room {
                told.append((logID, raw))
                room -= raw.count
            }
        }
        return told
    }

    private func takeEvidence(of peer: GossipPeer, _ late: inout [InTurn]) async throws {
        var fetched = 0
        var lateFiles: [String: Int] = [:]
        var offered: [String: Int] = [:]
        for offer in try await peer.offers() {
            guard let log = logs[offer.logID] else {
                metrics.count(GossipMetrics.EvidenceAnswer.unknownLog, of: peer.name)
                continue
            }
            offered[offer.logID, default: 0] += 1
            // A list may be long: what is looked at of it is bounded for each log.
            guard offered[offer.logID, default: 0] <= limits.conflicts else {
                metrics.count(GossipMetrics.EvidenceAnswer.enough, of: peer.name)
                continue
            }
            if try await store.holds(offer.conflict, of: offer.logID) {
                metrics.count(GossipMetrics.EvidenceAnswer.known, of: peer.name)
            } else if let refusal = peer.refused.reason(offer.sha256) {
                metrics.count(refusal, of: peer.name)
            } else if try await !store.wantsProof(of: offer.logID, limit: limits.conflicts) {
                metrics.count(GossipMetrics.EvidenceAnswer.enough, of: peer.name)
            } else if fetched < limits.evidencePerRound {
                // Files are large: few wait in memory for a log that is busy.
                guard lateFiles[offer.logID, default: 0] < Self.lateFiles else {
                    metrics.skipped(peer.name)
                    continue
                }
                fetched += 1
                guard let bytes = try await peer.evidence(offer.sha256) else { continue }
                let before = late.count
                try await begin(
                    { limits in
                        let answer = try await take(bytes, log, peer.vantage, limits)
                        if answer != .new { peer.refused.remember(offer.sha256, answer) }
                        metrics.count(answer, of: peer.name)
                    }, &late)
                lateFiles[offer.logID, default: 0] += late.count - before
            }
        }
    }

    /// Checks a file by the offline checker and the trust file of this watcher.
    private func take(
        _ bytes: [UInt8], _ log: LogWatcher, _ teller: String, _ limits: GossipLimits
    ) async throws -> GossipMetrics.EvidenceAnswer {
        guard let evidence = try? Evidence(json: bytes) else { return .malformed }
        guard let conflict = EvidenceChecker(trust: log.log.verifier.trust).conflict(evidence) else { return .unproven }
        // A peer may offer what is held here under another name.
        if try await store.holds(conflict.id, of: log.log.logID) { return .known }
        try await log.take(evidence, conflict, from: teller, store, limits)
        return .new
    }

    /// Compares what was heard before with what is verified by now.
    func settleHeard(_ log: LogWatcher, _ limits: GossipLimits) async throws {
        var asked = 0
        var settled: [Digest] = []
        do {
            for head in try await store.heard(of: log.log.logID) {
                LoopPulse.current?.works()
                if try await isSettled(head, log, limits, &asked) { settled.append(head.hash) }
            }
        } catch {
            // Those behind them are looked at first in the next round.
            try await store.forget(settled, of: log.log.logID)
            throw error
        }
        try await store.forget(settled, of: log.log.logID)
    }

    private func isSettled(
        _ head: HeardHead, _ log: LogWatcher, _ limits: GossipLimits, _ asked: inout Int
    ) async throws -> Bool {
        switch try await log.compare(head.json, from: head.vantage, store, limits) {
        case .newer: return false
        case .unsettled:
            asked += 1
            guard asked <= Self.proofsPerRound else { return false }
            return try await log.provesPrefix(head, limits)
        // Against another one that was heard, beyond what is verified: the log itself still shows one of them, or neither.
        case .conflict:
            if try await !log.store.heads([head.hash], logID: log.log.logID).isEmpty { return true }
            // Where there was enough, it was not told, and may be when that is acknowledged.
            let isBehind = try await head.treeSize <= log.store.position(of: log.log.logID).verifiedSize
            guard isBehind else { return false }
            return try await store.wantsProof(of: log.log.logID, limit: limits.conflicts)
        case .same, .older, .rejected: return true
        }
    }
}
