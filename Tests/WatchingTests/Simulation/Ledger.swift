import TransparencyLog

@testable import Watching

/// Holds the watcher to what the log really did: what must be kept, what must be reported, and what may not.
struct Ledger {
    private let verdicts: Verdicts
    private let maxHeadAge: Int?
    private(set) var before = StoreSnapshot()
    /// Every head that ever arrived, with all signatures that did.
    private var delivered: [Digest: SimulatedLog.Head] = [:]
    private var junk: Set<String> = []
    /// Heads that arrived while the one before them was not at hand.
    private var behindGaps: Set<Digest> = []
    /// An answer arrived that nobody pinned had signed anything of.
    private var wasForeign = false
    var clockWasSet = false
    var wasThinned = false

    init(_ verdicts: Verdicts, maxHeadAge: Int?) {
        self.verdicts = verdicts
        self.maxHeadAge = maxHeadAge
    }

    /// Takes in what a poll was answered, before its consequences are looked at.
    mutating func hear(_ elements: [SimulatedLog.Element]) {
        let heads = elements.compactMap(\.head)
        for element in elements where element.head == nil { junk.insert(element.text) }
        for head in heads {
            var known = delivered[head.hash] ?? head
            known.signers.formUnion(head.signers)
            delivered[head.hash] = known
        }
        if !elements.isEmpty, heads.allSatisfy(\.signers.isEmpty) { wasForeign = true }
        if let oldest = heads.first, let parent = oldest.parent, before.heads[parent] == nil {
            behindGaps.insert(oldest.hash)
        }
    }

    /// After every step.
    mutating func check(_ now: StoreSnapshot, _ log: SimulatedLog, leavesWereLate: Bool) {
        checkHeads(now)
        checkPosition(now)
        checkAlerts(now)
        let known = Set(before.findings.map(\.fingerprint))
        let all = Set(now.findings.map(\.fingerprint))
        if !known.isSubset(of: all) { verdicts.report("lost finding", "\(known.subtracting(all).count)") }
        for finding in now.findings where !known.contains(finding.fingerprint) {
            if !isTrue(finding, log, leavesWereLate: leavesWereLate) {
                verdicts.report("invented", finding.finding.text)
            }
            if finding.finding.rule.isFork, finding.evidence == nil, !wasThinned {
                verdicts.report("evidence", "none for \(finding.finding.text)")
            }
        }
        before = now
    }

    private func checkHeads(_ now: StoreSnapshot) {
        for (hash, head) in before.heads {
            guard let after = now.heads[hash] else {
                verdicts.report("lost head", "size \(head.known.treeSize)")
                continue
            }
            if !head.known.signers.isSubset(of: after.known.signers) {
                verdicts.report("lost head", "signatures of size \(head.known.treeSize)")
            }
            if head.state == .verified, after.state != .verified {
                verdicts.report("moved back", "the verified head of size \(head.known.treeSize) is \(after.state)")
            }
        }
        let verified = now.heads.filter { $0.value.state == .verified }
        guard verified.keys.contains(where: { before.heads[$0]?.state != .verified }) else { return }
        let heads = verified.keys.compactMap { delivered[$0] }
        if heads.count != verified.count { verdicts.report("invented", "a verified head that no log made") }
        for (index, head) in heads.enumerated() {
            if signers(of: head).count < 2 {
                verdicts.report("two histories", "size \(head.treeSize) is verified without a quorum")
            }
            for other in heads[..<index] where head.contradicts(other) {
                verdicts.report(
                    "two histories", "both heads of sizes \(other.treeSize) and \(head.treeSize) are verified")
            }
        }
    }

    /// All who signed this size and root.
    private func signers(of head: SimulatedLog.Head) -> Set<String> {
        delivered.values.filter { $0.treeSize == head.treeSize && $0.root == head.root }
            .reduce(into: []) { $0.formUnion($1.signers) }
    }

    private func checkPosition(_ now: StoreSnapshot) {
        let (old, new) = (before.position, now.position)
        if new.version < old.version || new.seenSize < old.seenSize || new.verifiedSize < old.verifiedSize
            || new.verifiedCount < old.verifiedCount || new.leafCount < old.leafCount
            || (old.verifiedHash != nil && new.verifiedHash == nil)
        {
            verdicts.report("moved back", "from \(old.verifiedSize) to \(new.verifiedSize), or what goes with it")
        }
        guard let hash = new.verifiedHash else { return }
        let head = now.heads[hash]
        if head?.state != .verified || head?.known.treeSize != new.verifiedSize {
            verdicts.report("moved back", "size \(new.verifiedSize) does not stand on a verified head of that size")
        }
    }

    private func checkAlerts(_ now: StoreSnapshot) {
        var open: Set<String> = []
        for entry in now.alerts {
            let alert = entry.alert
            if alert.findings != entry.findings {
                verdicts.report("alerts", "\(alert.kind.rawValue) counts \(alert.findings) of \(entry.findings)")
            }
            if alert.closedAt == nil, !open.insert("\(alert.kind.rawValue) \(alert.subject)").inserted {
                verdicts.report("alerts", "\(alert.kind.rawValue) is open twice")
            }
        }
        let joined = now.alerts.reduce(0) { $0 + $1.findings }
        if joined != now.findings.count {
            verdicts.report("alerts", "\(joined) of \(now.findings.count) findings joined")
        }
    }

    /// The head that a finding is about.
    private func subject(of finding: StoredFinding) -> SimulatedLog.Head? {
        delivered.values.first {
            $0.treeSize == finding.finding.treeSize
                && StoredFinding(finding.finding, subject: $0.hash.bytes, at: 0).fingerprint == finding.fingerprint
        }
    }

    /// Whether the log, or the way to it, gave reason for a finding.
    private func isTrue(_ stored: StoredFinding, _ log: SimulatedLog, leavesWereLate: Bool) -> Bool {
        let finding = stored.finding
        let head = subject(of: stored)
        let isForked = log.branches.count > 1
        switch finding.rule {
        case .headMalformed:
            return junk.contains {
                StoredFinding(finding, subject: Digest.sha256(Array($0.utf8)).bytes, at: 0).fingerprint
                    == stored.fingerprint
            }
        case .headUnsigned: return head?.lie == .unsigned
        case .quorumNotMet:
            return delivered.values.contains {
                $0.lie == .underSigned && $0.treeSize == finding.treeSize
                    && finding.found.hasSuffix("under root \($0.root)")
            }
        case .signatureInvalid: return head?.lie == .brokenSignature
        case .policyMismatch: return head?.lie == .otherPolicy
        case .timestampFuture: return head.map { $0.timestamp > stored.at + 300 } ?? false
        case .timestampRegressed:
            guard let head, let parent = head.parent.flatMap({ delivered[$0] }) else { return false }
            return head.timestamp < parent.timestamp
        case .headStale:
            guard let head, let maxHeadAge else { return false }
            return head.timestamp + UInt64(maxHeadAge) < stored.at
        case .linkBroken:
            return head?.lie == .startsAnew || head?.parent == nil && delivered.values.count { $0.parent == nil } > 1
        case .chainGap: return head.map { behindGaps.contains($0.hash) } ?? false
        case .sizeRegressed: return head?.lie == .regressed
        case .sameSizeDifferentRoot, .branch, .splitView:
            return head.map { head in delivered.values.contains { $0.contradicts(head) } } ?? false
        case .rootMismatch, .inconsistent: return head.map { log.isDisproved($0) } ?? false
        case .leafHashMismatch:
            let index = Int(finding.treeSize ?? 0) - 1
            return log.branches.contains { branch in
                branch.leaves.indices.contains(index) && log.falseClaims.contains(branch.leaves[index])
            }
        case .leavesMissing: return leavesWereLate || isForked
        case .leavesChanged: return isForked || log.exchanged.contains(Int(finding.treeSize ?? 0) - 1)
        case .logIdentityChanged: return wasForeign
        case .cosignerUnknown, .cosignerRepeated, .policyUnsigned, .emptyRootUnknown, .leafMalformed, .frozenLogMoved,
            .keyChanged:
            return false
        }
    }
}

/// What a poll owes, whose store did not fail.
extension Ledger {
    /// - Parameter wall: the earliest that it may be: a clock that was just set forward makes no head stale.
    func checkPoll(_ heard: [SimulatedLog.Element], after now: StoreSnapshot, old: StoreSnapshot, at wall: UInt64) {
        let found = Set(now.findings.map(\.fingerprint))
        func demand(_ rule: Rule, _ head: SimulatedLog.Head) { self.demand(rule, head, now) }
        if let limit = maxHeadAge, let hash = now.position.verifiedHash, let head = delivered[hash],
            wall > head.timestamp + UInt64(limit)
        {
            demand(.headStale, head)
        }
        var earlier = Set(old.heads.keys)
        for element in heard {
            guard let head = element.head else {
                let finding = Finding(.headMalformed, expected: "", found: "")
                let subject = Digest.sha256(Array(element.text.utf8)).bytes
                if !found.contains(StoredFinding(finding, subject: subject, at: 0).fingerprint) {
                    verdicts.report("unreported", "head-malformed: \(element.text)")
                }
                continue
            }
            guard let stored = now.heads[head.hash], head.signers.isSubset(of: stored.known.signers) else {
                verdicts.report("lost head", "size \(head.treeSize) was shown, and is not stored")
                continue
            }
            let rivals = delivered.values.filter { now.heads[$0.hash] != nil && $0.contradicts(head) }
            if old.heads[head.hash]?.known.signers != stored.known.signers {
                for rival in rivals { demandFork(head, rival, now) }
            }
            if old.heads[head.hash] == nil {
                let isLinked = head.parent.map { earlier.contains($0) } ?? false
                switch head.lie {
                case .unsigned: demand(.headUnsigned, head)
                case .brokenSignature: demand(.signatureInvalid, head)
                case .otherPolicy: demand(.policyMismatch, head)
                case .underSigned: if signers(of: head).count < 2 { demandQuorum(head, now) }
                case .regressed: if isLinked, rivals.isEmpty { demandRegressed(head, demand) }
                case .early:
                    if isLinked, let parent = head.parent.flatMap({ delivered[$0] }), head.timestamp < parent.timestamp
                    {
                        demand(.timestampRegressed, head)
                    }
                case .future: if !clockWasSet { demand(.timestampFuture, head) }
                case .startsAnew:
                    if !earlier.isEmpty, rivals.isEmpty, head.treeSize > old.position.gaps.beginning {
                        demand(.linkBroken, head)
                    }
                case .wrongRoot, nil: break
                }
                if behindGaps.contains(head.hash), !isLinked, head.parent != nil, rivals.isEmpty {
                    demand(.chainGap, head)
                }
            }
            earlier.insert(head.hash)
        }
    }

    private func demandRegressed(_ head: SimulatedLog.Head, _ demand: (Rule, SimulatedLog.Head) -> Void) {
        guard let parent = head.parent.flatMap({ delivered[$0] }), parent.treeSize > head.treeSize else { return }
        demand(.sizeRegressed, head)
    }

    private func demandQuorum(_ head: SimulatedLog.Head, _ now: StoreSnapshot) {
        let isTold = now.findings.contains {
            $0.finding.rule == .quorumNotMet && $0.finding.treeSize == head.treeSize
                && $0.finding.found.hasSuffix("under root \(head.root)")
        }
        if !isTold { verdicts.report("unreported", "quorum-not-met of size \(head.treeSize)") }
    }

    /// A fork is told of one of its sides, whichever was seen later.
    private func demandFork(_ head: SimulatedLog.Head, _ rival: SimulatedLog.Head, _ now: StoreSnapshot) {
        let isTold = now.findings.contains { stored in
            [Rule.sameSizeDifferentRoot, .branch].contains(stored.finding.rule)
                && [head, rival].contains {
                    StoredFinding(stored.finding, subject: $0.hash.bytes, at: 0).fingerprint == stored.fingerprint
                }
        }
        if !isTold { verdicts.report("unreported", "fork of sizes \(rival.treeSize) and \(head.treeSize)") }
    }

    /// In the end each head that is stored has its findings, whichever call of the store failed when it came: both are
    /// written at once.
    func checkHeads(atTheEnd now: StoreSnapshot) {
        let heads = delivered.values.compactMap { head -> SimulatedLog.Head? in
            guard let stored = now.heads[head.hash] else { return nil }
            var head = head
            head.signers = stored.known.signers
            return head
        }
        for (index, head) in heads.enumerated() {
            switch head.lie {
            case .unsigned: demand(.headUnsigned, head, now)
            case .brokenSignature: demand(.signatureInvalid, head, now)
            case .otherPolicy: demand(.policyMismatch, head, now)
            case .underSigned:
                let signers = heads.filter { $0.treeSize == head.treeSize && $0.root == head.root }
                    .reduce(into: Set()) { $0.formUnion($1.signers) }
                if signers.count < 2 { demandQuorum(head, now) }
            case .future: if !clockWasSet { demand(.timestampFuture, head, now) }
            case .startsAnew, .regressed, .wrongRoot, .early, nil: break
            }
            for rival in heads[..<index] where rival.contradicts(head) { demandFork(head, rival, now) }
        }
    }

    /// Leaf hashes that are not those of their lines, where there is one history alone: then it is clear which were read.
    func checkClaims(_ now: StoreSnapshot, _ log: SimulatedLog) {
        guard log.branches.count == 1 else { return }
        for (index, line) in log.branches[0].leaves.enumerated()
        where log.falseClaims.contains(line) && index < now.position.leafCount {
            let isTold = now.findings.contains {
                $0.finding.rule == .leafHashMismatch && $0.finding.treeSize == UInt64(index + 1)
            }
            if !isTold { verdicts.report("unreported", "leaf-hash-mismatch of \(index + 1)") }
        }
    }

    private func demand(_ rule: Rule, _ head: SimulatedLog.Head, _ now: StoreSnapshot) {
        let finding = Finding(rule, treeSize: head.treeSize, expected: "", found: "")
        let fingerprint = StoredFinding(finding, subject: head.hash.bytes, at: 0).fingerprint
        if !now.findings.contains(where: { $0.fingerprint == fingerprint }) {
            verdicts.report("unreported", "\(rule.rawValue) of size \(head.treeSize)")
        }
    }

    /// Roots that the log signed and its leaves do not give, once the leaves were there.
    func checkRoots(_ now: StoreSnapshot) {
        for head in delivered.values where head.lie == .wrongRoot && head.treeSize <= now.position.leafCount {
            let isTold = now.findings.contains { stored in
                [Rule.rootMismatch, .inconsistent, .sameSizeDifferentRoot, .branch].contains(stored.finding.rule)
                    && StoredFinding(stored.finding, subject: head.hash.bytes, at: 0).fingerprint == stored.fingerprint
            }
            let isContested = now.heads[head.hash].map { $0.state == .contested } ?? true
            if !isTold, !isContested { verdicts.report("unreported", "root-mismatch of size \(head.treeSize)") }
        }
    }
}
