import GRDB
import Synchronization
import TransparencyLog

@testable import Watching

/// The real store, whose calls fail when a schedule says so.
final class FaultyStore: Sendable {
    enum Fault: CaseIterable {
        /// Nothing is done.
        case refused
        /// It is done, and the reply is lost.
        case unanswered
        /// The process ends before the call, or right behind it: nothing works any more.
        case crashBefore, crashBehind
    }

    struct Failure: Error {}

    struct State {
        /// The fault that comes with the so-manieth call from now on.
        var planned: (calls: Int, fault: Fault)?
        var isDead = false
        var isFull = false
        /// Done behind the next commit, once.
        var behindCommit: (@Sendable () async throws -> Void)?
        /// Calls that failed.
        var failures = 0
        /// What the sinks were told, and the store knows of.
        var marked: Set<String> = []
        /// Findings whose mark may be missing though people were told.
        var unmarked: [StoredFinding] = []
    }

    let real: SQLiteStore
    let state = Mutex(State())
    let sabotage: Sabotage?

    init(_ real: SQLiteStore, _ sabotage: Sabotage?) {
        self.real = real
        self.sabotage = sabotage
    }

    func plan(_ fault: Fault, after calls: Int) { state.withLock { $0.planned = (calls, fault) } }

    private enum Fate {
        case fine, before, behind
    }

    private func fate(isWrite: Bool) -> Fate {
        state.withLock { state in
            if state.isDead { return .before }
            if let planned = state.planned {
                guard planned.calls == 0 else {
                    state.planned = (planned.calls - 1, planned.fault)
                    return isWrite && state.isFull ? .before : .fine
                }
                state.planned = nil
                switch planned.fault {
                case .refused: return .before
                case .unanswered: return .behind
                case .crashBefore:
                    state.isDead = true
                    return .before
                case .crashBehind:
                    state.isDead = true
                    return .behind
                }
            }
            return isWrite && state.isFull ? .before : .fine
        }
    }

    /// Whether the next call is done, and its reply lost.
    private var isNextUnanswered: Bool {
        state.withLock { state in
            state.planned.map { $0.calls == 0 && [.unanswered, .crashBehind].contains($0.fault) } ?? false
        }
    }

    private func call<Value>(
        isWrite: Bool = false, done: (inout State) -> Void = { _ in }, _ body: () async throws -> Value
    ) async throws -> Value {
        let fate = fate(isWrite: isWrite)
        do {
            if fate == .before { throw Failure() }
            let value = try await body()
            state.withLock { done(&$0) }
            if fate == .behind { throw Failure() }
            return value
        } catch {
            state.withLock { $0.failures += 1 }
            throw error
        }
    }
}

extension FaultyStore: HeadStore {
    func position(of logID: String) async throws -> LogPosition {
        try await call { try await real.position(of: logID) }
    }
    func heads(_ hashes: Set<Digest>, logID: String) async throws -> [StoredHead] {
        try await call { try await real.heads(hashes, logID: logID) }
    }
    func unrooted(of logID: String, limit: Int) async throws -> [StoredHead] {
        try await call { try await real.unrooted(of: logID, limit: limit) }
    }

    func rivals(of logID: String, sizes: Set<UInt64>, limit: Int) async throws -> [StoredHead] {
        try await call { try await real.rivals(of: logID, sizes: sizes, limit: limit) }
    }
    func pending(of logID: String, limit: Int) async throws -> [StoredHead] {
        try await call { try await real.pending(of: logID, limit: limit) }
    }
    func children(of parents: Set<Digest>, logID: String) async throws -> [StoredHead] {
        try await call { try await real.children(of: parents, logID: logID) }
    }
    func raw(_ hash: Digest, logID: String) async throws -> [UInt8]? {
        try await call { try await real.raw(hash, logID: logID) }
    }
    func known(_ fingerprints: Set<Digest>, logID: String) async throws -> Set<Digest> {
        try await call { try await real.known(fingerprints, logID: logID) }
    }
    func leafHashes(of logID: String, from tile: UInt64, tiles: Int) async throws -> [Digest] {
        try await call { try await real.leafHashes(of: logID, from: tile, tiles: tiles) }
    }
    func prefix(of logID: String, first: UInt64, second: UInt64, beyond: LeafList) async throws -> Evidence.Prefix? {
        try await call { try await real.prefix(of: logID, first: first, second: second, beyond: beyond) }
    }
    func checkpoint(of logID: String, from size: UInt64) async throws -> StoredHead? {
        try await call { try await real.checkpoint(of: logID, from: size) }
    }
    func frontier(of logID: String, at size: UInt64) async throws -> Frontier {
        try await call { try await real.frontier(of: logID, at: size) }
    }
    func commit(_ step: PollStep) async throws -> [StoredFinding] {
        var step = step
        sabotage?.tamper(&step)
        if sabotage == .losesUnanswered, isNextUnanswered { step.findings = [] }
        return try await call(isWrite: true) {
            let new = try await real.commit(step)
            try await state.withLock { state in
                defer { state.behindCommit = nil }
                return state.behindCommit
            }?()
            if sabotage == .tellsBeforeEvidence { try await real.markAnnounced(new, logID: step.logID) }
            return new
        }
    }
    func unsettled(of logID: String, under trust: Digest) async throws -> [UnsettledHead] {
        try await call { try await real.unsettled(of: logID, under: trust) }
    }
    func markJudged(_ logID: String, under trust: Digest, upTo id: Int64) async throws {
        try await call(isWrite: true) { try await real.markJudged(logID, under: trust, upTo: id) }
    }
    func findings(of logID: String) async throws -> [StoredFinding] {
        try await call { try await real.findings(of: logID) }
    }
    func logs() async throws -> [LogReference] {
        try await call { try await real.logs() }
    }
    func evidence(_ hash: Digest, logID: String) async throws -> StoredEvidence? {
        try await call { try await real.evidence(hash, logID: logID) }
    }
    func evidenceHashes(of logID: String, after: Digest?, limit: Int) async throws -> [Digest] {
        try await call { try await real.evidenceHashes(of: logID, after: after, limit: limit) }
    }
    func watchedKeys(of logID: String) async throws -> WatchedKeys? {
        try await call { try await real.watchedKeys(of: logID) }
    }
    func watchedIDs(of logID: String) async throws -> Int { try await call { try await real.watchedIDs(of: logID) } }
    func hasFork(_ logID: String) async throws -> Bool { try await call { try await real.hasFork(logID) } }
    func unannounced(of logID: String) async throws -> [StoredFinding] {
        try await call { try await real.unannounced(of: logID) }
    }
    func markAnnounced(_ findings: [StoredFinding], logID: String) async throws {
        do {
            try await call(isWrite: true) {
                if sabotage != .logsAgain { try await real.markAnnounced(findings, logID: logID) }
            }
        } catch {
            state.withLock { $0.unmarked += findings }
            throw error
        }
    }
}

extension FaultyStore: AlertStore {
    func alert(_ id: Int64) async throws -> StoredAlert? { try await call { try await real.alert(id) } }
    func openAlerts() async throws -> [StoredAlert] { try await call { try await real.openAlerts() } }
    func findings(ofAlert id: Int64, limit: Int) async throws -> [StoredFinding] {
        try await call { try await real.findings(ofAlert: id, limit: limit) }
    }
    func raise(_ trouble: RaisedTrouble, at now: UInt64) async throws -> StoredAlert? {
        try await call(isWrite: true) { try await real.raise(trouble, at: now) }
    }
    func resolve(_ trouble: RaisedTrouble, at now: UInt64) async throws -> StoredAlert? {
        try await call(isWrite: true) { try await real.resolve(trouble, at: now) }
    }
    func acknowledge(
        _ id: Int64, revision: Int64?, _ acknowledgement: StoredAlert.Acknowledgement
    ) async throws -> StoredAlert {
        try await call(isWrite: true) { try await real.acknowledge(id, revision: revision, acknowledgement) }
    }
    func openQueues(_ sinks: [String], at now: UInt64) async throws {
        try await call(isWrite: true) { try await real.openQueues(sinks, at: now) }
    }
    func queued(for sink: String, toldBefore: UInt64, now: UInt64, limit: Int) async throws -> [QueuedAlert] {
        try await call { try await real.queued(for: sink, toldBefore: toldBefore, now: now, limit: limit) }
    }
    func remindable(for sink: String, endedSince: UInt64, limit: Int) async throws -> [QueuedAlert] {
        try await call { try await real.remindable(for: sink, endedSince: endedSince, limit: limit) }
    }
    func markTold(_ sink: String, alert: Int64, revision: Int64, at now: UInt64) async throws {
        try await call(
            isWrite: true, done: { $0.marked.insert("\(sink) \(alert) \(revision)") },
            {
                if sabotage == .tellsTwice { return }
                try await real.markTold(sink, alert: alert, revision: revision, at: now)
            })
    }
    func markFailed(_ sink: String, alert: Int64, error: String) async throws {
        try await call(isWrite: true) { try await real.markFailed(sink, alert: alert, error: error) }
    }
    func queueState(of sink: String, holding: UInt64) async throws -> QueueState {
        try await call { try await real.queueState(of: sink, holding: holding) }
    }
    func pendingCount(of logID: String, limit: Int) async throws -> Int {
        try await call { try await real.pendingCount(of: logID, limit: limit) }
    }
    func pulse(at now: UInt64) async throws { try await call(isWrite: true) { try await real.pulse(at: now) } }
}
