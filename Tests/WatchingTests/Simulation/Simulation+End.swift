import HostileLog
import Synchronization
import TransparencyLog

@testable import Watching

/// What must hold once all is mended.
extension Simulation {
    mutating func checkEnd() async throws {
        let now = ledger.before
        if now.unannounced > 0 { verdicts.report("never told", "\(now.unannounced) findings are announced nowhere") }
        for delivery in now.deliveries where delivery.isQueued {
            verdicts.report("queue", "\(delivery.sink) still waits for alert \(delivery.alert)")
        }
        checkSinks(now)
        checkTroubles(now)
        ledger.checkRoots(now)
        ledger.checkHeads(atTheEnd: now)
        ledger.checkClaims(now, ground.network.state.withLock { $0.log })
        try await checkEvidence(now)
        let check = try await StoreChecker(
            path: ground.configuration.store, trust: [ground.log.verifier.trust], jobs: 1
        ).check()
        for problem in check.problems { verdicts.report("db check", problem) }
        guard isHonest else { return }
        let size = ground.network.state.withLock { $0.log.branches[0].log.heads.last?.treeSize ?? 0 }
        if now.position.verifiedSize != size {
            verdicts.report("stuck", "verified \(now.position.verifiedSize) of an honest log of \(size)")
        }
    }

    /// A key in an old line is exchanged for another one of its length: that changes no head, and is told all the same.
    mutating func exchangeKey() async throws {
        let count = Int(ledger.before.position.leafCount)
        let isForked = ground.network.state.withLock { $0.log.branches.count > 1 }
        guard verdicts.isEmpty, ground.log.hasLeaves, !isForked, count > 1 else { return }
        let index = Int(seed % UInt64(count - 1))
        note("the key in line \(index + 1) is exchanged")
        ground.network.state.withLock { $0.log.exchangeKey(0, at: index) }
        ground.clock.advance(2 * UInt64(ground.log.limits.leavesRecheck))
        for vantage in [0, 1, 0, 1] {
            try await poll(vantage)
            try await look(isOver: false)
        }
        let found = ledger.before.findings.contains {
            $0.finding.rule == .leavesChanged && $0.finding.treeSize == UInt64(index + 1)
        }
        if !found { verdicts.report("unreported", "the key in line \(index + 1), which was exchanged") }
    }

    private func checkSinks(_ now: StoreSnapshot) {
        for sink in ground.sinks {
            let told = sink.state.withLock { $0.told }
            for alert in now.alerts.map(\.alert) where alert.subject != sink.name {
                if !told.contains(where: { $0.alert == alert.id && $0.revision == alert.revision }) {
                    verdicts.report(
                        "never told", "\(sink.name): alert \(alert.id), \(alert.kind.rawValue), \(alert.revision)")
                }
            }
            let ids = Set(now.alerts.map(\.alert.id))
            if told.contains(where: { !ids.contains($0.alert) }) {
                verdicts.report("invented", "\(sink.name) was told of an alert that is not there")
            }
        }
    }

    /// What is over must be known to be over.
    private func checkTroubles(_ now: StoreSnapshot) {
        for alert in now.alerts.map(\.alert) where alert.closedAt == nil {
            guard case .trouble(let trouble) = alert.kind, trouble != .backlogStuck || isHonest else { continue }
            if trouble == .pollsFailing, showsOtherLeaves(now) { continue }
            verdicts.report("over", "\(trouble.rawValue) \(alert.subject) is still open")
        }
    }

    /// Every file is on the disk, and what can be proved is proved by it.
    private func checkEvidence(_ now: StoreSnapshot) async throws {
        let checker = EvidenceChecker(trust: ground.log.verifier.trust)
        for finding in now.findings {
            guard let hash = finding.evidence else { continue }
            evidence.check(
                Announcer.path(of: hash, in: evidence.folder), hash, "the end, \(finding.finding.text)", verdicts,
                isOver: true)
            guard let stored = try await process.store.real.evidence(hash, logID: ground.log.logID) else {
                verdicts.report("evidence", "is not in the store: \(finding.finding.text)")
                continue
            }
            let verdict = checker.check(try Evidence(json: stored.bytes))
            if finding.finding.rule.isFork {
                guard case .proved = verdict else {
                    verdicts.report("evidence", "\(verdict): \(finding.finding.text)")
                    continue
                }
            }
        }
    }

    /// Whether a vantage is shown another history than the one that was verified: its leaves are others, which is told, and its
    /// polls fail for it.
    private func showsOtherLeaves(_ now: StoreSnapshot) -> Bool {
        guard now.findings.contains(where: { $0.finding.rule == .leavesChanged }) else { return false }
        return ground.network.state.withLock { state in
            state.views.contains { view in
                !state.log.branches[view.branch].elements.contains { $0.head?.hash == now.position.verifiedHash }
            }
        }
    }
}
