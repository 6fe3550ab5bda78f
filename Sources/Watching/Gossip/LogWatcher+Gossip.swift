import TransparencyLog

/// Heads that somebody else was shown. They are compared with what is verified here and never move it: the log itself must
/// show them first.
extension LogWatcher {
    /// Rivals that are looked at for one head.
    static let rivals = 64

    /// Compares a head, and stores and tells what contradicts.
    ///
    /// - Parameter teller: as a vantage's name, for the evidence.
    func compare(_ raw: [UInt8], from teller: String, _ gossip: any GossipStore, _ limits: GossipLimits) async throws
        -> GossipAnswer
    {
        guard let head = try? SignedTreeHead(json: raw, maximumBytes: log.limits.headBytes),
            let hash = try? head.hash(log.verifier.trust.canonical)
        else { return .rejected }
        if let answer = try await answer(to: hash) { return answer }
        // One pinned cosigner is enough: two signatures of one key may prove a fork, and several heads add up to a quorum.
        // Before the turn: whoever shows heads must not hold polls up for the time that signatures take.
        guard let known = ChainVerifier.Known(log.verifier.verify(head)), !known.signers.isEmpty else {
            return .rejected
        }
        let relatives = try await relatives(of: known, gossip)
        return try await inTurn(limits) {
            // A poll may have brought it meanwhile.
            if let answer = try await answer(to: hash) { return answer }
            let (known, raw) = try await withTold(known, head, raw, gossip)
            return try await judge(
                known, raw, teller, store.position(of: log.logID), relatives, gossip, limits)
        }
    }

    /// Other heads of a verified head's size and root, until its signatures and theirs make a quorum.
    func addingUp(with head: ChainVerifier.Known, limit: Int) async throws -> [[UInt8]] {
        var signers = head.signers
        var added: [[UInt8]] = []
        for other in try await store.rivals(of: log.logID, sizes: [head.treeSize], limit: Self.rivals)
        where other.state != .contested && other.known.root == head.root && !other.known.signers.isSubset(of: signers) {
            guard added.count < limit, !log.verifier.isQuorum(signers) else { break }
            guard let raw = try await store.raw(other.known.hash, logID: log.logID) else { continue }
            signers.formUnion(other.known.signers)
            added.append(raw)
        }
        return added
    }

    /// What polls do is done in turn with what is heard. A log that answers slowly may hold its turn for long, and must not
    /// hold up what is heard of others.
    ///
    /// - Throws: `TimeLimit.Exceeded` where the turn did not come.
    private func inTurn<Result>(
        _ limits: GossipLimits, _ body: () async throws -> Result
    ) async throws -> Result {
        let patience = limits.lateUntil.map { max(.zero, $0 - .now) } ?? limits.patience
        guard await turn.enter(within: patience) else { throw TimeLimit.Exceeded() }
        return try await leavingTurn(after: body)
    }

    /// - Returns: nil for a head that is still to be compared.
    private func answer(to hash: Digest) async throws -> GossipAnswer? {
        guard let stored = try await store.heads([hash], logID: log.logID).first else { return nil }
        return answer(stored, try await store.position(of: log.logID))
    }

    /// What is known of a head that was judged before; nil where it still is to be compared.
    private func answer(_ stored: StoredHead, _ position: LogPosition) -> GossipAnswer? {
        switch stored.state {
        case .contested: .conflict
        case .verified: place(stored.known, position)
        // It came from the log itself, and the log's polls decide.
        case .pending, .seen: log.verifier.isQuorum(stored.known.signers) ? place(stored.known, position) : nil
        }
    }

    private func place(_ head: ChainVerifier.Known, _ position: LogPosition) -> GossipAnswer {
        if head.hash == position.verifiedHash { return .same }
        return head.treeSize > position.verifiedSize ? .newer : .older
    }

    private func judge(
        _ known: ChainVerifier.Known, _ raw: [UInt8], _ teller: String, _ position: LogPosition,
        _ others: [Heard], _ gossip: any GossipStore, _ limits: GossipLimits
    ) async throws -> GossipAnswer {
        let size = known.treeSize
        let heard = HeardHead(hash: known.hash, treeSize: size, json: raw, vantage: teller, at: clock.now())
        var rivals = try await store.rivals(of: log.logID, sizes: [size], limit: Self.rivals)
        if case .hash(let parent) = known.predecessor {
            rivals += try await store.children(of: [parent], logID: log.logID)
            rivals += try await store.heads([parent], logID: log.logID)
        }
        rivals += try await store.heads([known.hash], logID: log.logID)
        // The other side of a fork that is known contradicts nobody anew.
        let standing = rivals.filter { $0.state != .contested }
        let all = [known] + standing.map(\.known) + others.map(\.known)
        // Of a head without a quorum of its own nothing is stored but what it proves: the log may show it yet, and none that
        // continues it is at fault.
        let isQuorum = log.verifier.isQuorum(known.signers)
        if let rival = standing.first(where: { contradiction(known, $0.known, among: all) != nil }) {
            // What was only seen, without its quorum, takes nothing from a head that has one: the log's polls decide.
            let stands = rival.state != .seen
            if !stands { _ = try await gossip.hear(heard, of: log.logID, limit: limits.heardHeads) }
            let isProved = direct(known, rival.known) != nil
            return try await settle(
                known, raw, teller, position, gossip, limits, with: rivals, isProved: isProved
            ) { judge in
                if stands && isQuorum { judge.addContested(known, raw) } else { judge.show(known, raw, at: teller) }
                judge.reportConflict(known, rival, proof(rival.known, known, among: all))
            }
        }
        // The empty tree has two roots.
        let alike = standing.filter { $0.known.treeSize == size && ($0.known.root == known.root || size == 0) }
        if alike.contains(where: { $0.state == .verified }) { return size == position.verifiedSize ? .same : .older }
        if log.hasLeaves, size > 0, let checkpoint = try await store.checkpoint(of: log.logID, from: size + 1),
            let prefix = try await store.prefix(
                of: log.logID, first: size, second: checkpoint.known.treeSize, beyond: LeafList())
        {
            guard prefix.root != known.root else { return .older }
            let larger = try await store.rivals(
                of: log.logID, sizes: [checkpoint.known.treeSize], limit: Self.rivals
            ).filter { $0.known.root == checkpoint.known.root }
            let pair = log.verifier.believed([known], [checkpoint.known] + larger.map(\.known))
            if pair != nil || log.verifier.isQuorum(together(known, among: all).signers) {
                let other = pair?.larger ?? checkpoint.known
                let stored = ([checkpoint] + larger).first { $0.known == other } ?? checkpoint
                return try await settle(
                    known, raw, teller, position, gossip, limits, with: rivals + [stored], isProved: pair != nil
                ) { judge in
                    if isQuorum { judge.addContested(known, raw) } else { judge.show(known, raw, at: teller) }
                    judge.reportConflict(
                        known, stored,
                        PollJudge.Proof(
                            kind: .inconsistent, heads: [known.hash, other.hash],
                            signers: other.signers.intersection(known.signers), prefix: prefix))
                }
            }
        }
        _ = try await gossip.hear(heard, of: log.logID, limit: limits.heardHeads)
        // Two others may have been shown two histories, of which this watcher knows neither yet.
        if let other = others.first(where: { contradiction(known, $0.known, among: all) != nil }) {
            // Neither is stored as this log's: which of them it shows here is still to be seen.
            let isProved = direct(known, other.known) != nil
            return try await settle(
                known, raw, teller, position, gossip, limits, with: rivals, isProved: isProved
            ) { judge in
                judge.show(other.known, other.raw, at: other.vantage)
                judge.show(known, raw, at: teller)
                judge.reportConflict(known, nil, proof(other.known, known, among: all))
            }
        }
        return size > position.verifiedSize ? .newer : .unsettled
    }

    private func proof(
        _ other: ChainVerifier.Known, _ known: ChainVerifier.Known, among all: [ChainVerifier.Known]
    ) -> PollJudge.Proof {
        PollJudge.Proof(
            kind: contradiction(known, other, among: all).map(Evidence.Kind.init) ?? .branch,
            heads: [other.hash, known.hash], signers: other.signers.intersection(known.signers))
    }

    private func direct(_ left: ChainVerifier.Known, _ right: ChainVerifier.Known) -> Contradiction? {
        Contradiction.between(left, right, isQuorum: log.verifier.isQuorum)
    }

    /// By themselves, or since the signatures of each one's size and root add up to quorums that share nobody: a cosigner in both
    /// signed a head of each, and these contradict each other by themselves.
    private func contradiction(
        _ left: ChainVerifier.Known, _ right: ChainVerifier.Known, among all: [ChainVerifier.Known]
    ) -> Contradiction? {
        if let direct = direct(left, right) { return direct }
        let (ones, others) = (together(left, among: all), together(right, among: all))
        guard left.treeSize == right.treeSize, ones.signers.isDisjoint(with: others.signers) else { return nil }
        return Contradiction.between(ones, others, isQuorum: log.verifier.isQuorum)
    }

    /// A head with the signatures of all heads of its size and root.
    private func together(
        _ head: ChainVerifier.Known, among all: [ChainVerifier.Known]
    ) -> ChainVerifier.Known {
        all.filter { $0.treeSize == head.treeSize && $0.root == head.root }.reduce(head) { $0.adding($1.signers) }
    }

    private typealias Heard = (known: ChainVerifier.Known, raw: [UInt8], vantage: String)

    /// A head with all signatures that anybody told of it: whoever tells one may leave out some.
    private func withTold(
        _ known: ChainVerifier.Known, _ head: SignedTreeHead, _ raw: [UInt8], _ gossip: any GossipStore
    ) async throws -> (ChainVerifier.Known, [UInt8]) {
        guard let row = try await gossip.heard(of: log.logID).first(where: { $0.hash == known.hash }), row.json != raw,
            let told = try? SignedTreeHead(json: row.json, maximumBytes: log.limits.headBytes)
        else { return (known, raw) }
        guard let heard = ChainVerifier.Known(log.verifier.verify(told)), heard.hash == row.hash else {
            throw DamagedStore("heard_heads.json")
        }
        if heard.signers.isSubset(of: known.signers) { return (known, raw) }
        if heard.signers.isSuperset(of: known.signers) { return (heard, row.json) }
        let joined = log.verifier.joined(told, head).value.bytes()
        guard joined.count <= log.limits.headBytes else {
            return heard.signers.count > known.signers.count ? (heard, row.json) : (known, raw)
        }
        return (known.adding(heard.signers), joined)
    }

    /// What others were shown of this size, or behind this parent. Signatures are verified of those alone, and before the turn.
    private func relatives(of known: ChainVerifier.Known, _ gossip: any GossipStore) async throws -> [Heard] {
        try await gossip.heard(of: log.logID).compactMap { other in
            guard other.hash != known.hash,
                let head = try? SignedTreeHead(json: other.json, maximumBytes: log.limits.headBytes),
                head.treeSize == known.treeSize || isSibling(head, known),
                let heard = ChainVerifier.Known(log.verifier.verify(head))
            else { return nil }
            return (heard, other.json, other.vantage)
        }
    }

    private func isSibling(_ head: SignedTreeHead, _ known: ChainVerifier.Known) -> Bool {
        guard case .hash(let parent) = known.predecessor else { return false }
        return head.predecessor == .hash(parent)
    }

    /// Stores a conflict and tells of it, as far as it is one of the first: more prove nothing more.
    ///
    /// - Parameter isProved: whether two heads show it; of what adds up there are no proofs to be counted, and one is enough.
    private func settle(
        _ known: ChainVerifier.Known, _ raw: [UInt8], _ teller: String, _ position: LogPosition,
        _ gossip: any GossipStore, _ limits: GossipLimits, with rivals: [StoredHead], isProved: Bool,
        _ report: (inout PollJudge) -> Void
    ) async throws -> GossipAnswer {
        guard try await gossip.wantsProof(of: log.logID, limit: limits.conflicts) else { return .conflict }
        if !isProved, try await gossip.hasFork(log.logID) { return .conflict }
        var judge = PollJudge(
            log: log, vantage: teller, position: position, chain: chain(position), budget: PollBudget(log.limits),
            now: clock.now())
        // Without leaves nothing waits, and remembering would verify it.
        judge.remember(rivals.filter { $0.state != .pending || log.hasLeaves })
        report(&judge)
        var outcome = Outcome(position: position)
        try await commit(&judge, &outcome, isLast: false)
        try await gossip.checkEvidence(of: log)
        return .conflict
    }

    /// Takes in a file of evidence that somebody else made.
    ///
    /// - Parameter conflict: what it proves by the pinned keys.
    func take(
        _ evidence: Evidence, _ conflict: ProvedConflict, from teller: String, _ gossip: any GossipStore,
        _ limits: GossipLimits
    ) async throws {
        try await inTurn(limits) {
            // Another file of the same may have been taken in meanwhile.
            if try await gossip.holds(conflict.id, of: log.logID) { return }
            let position = try await store.position(of: log.logID)
            let stored = try await store.heads(Set(conflict.heads.map(\.hash)), logID: log.logID)
            let standing = Set(stored.filter { $0.state != .contested }.map(\.known.hash))
            // About the head that is new here, as this watcher's own finding would be.
            let about = conflict.heads.last { !standing.contains($0.hash) } ?? conflict.heads[1]
            let file = evidence.restated(conflict, trust: log.verifier.trust)
            let bytes = StoredEvidence(kind: conflict.kind, bytes: file.fileBytes)
            let finding = StoredFinding(
                Finding(
                    conflict.kind.rule, treeSize: about.treeSize,
                    expected: "one history",
                    found: "evidence from \(teller): \(conflict.heads.map(Self.name).joined(separator: " and "))"),
                subject: about.hash.bytes, evidence: bytes.hash, at: clock.now())
            var step = PollStep(logID: log.logID, name: log.name, expected: position)
            step.evidence = [bytes]
            step.findings = [finding]
            step.at = clock.now()
            try await commit(step)
            try await gossip.checkEvidence(of: log)
        }
    }

    private static func name(_ head: ChainVerifier.Known) -> String { "\(head.hash) of size \(head.treeSize)" }
}

typealias GossipLimits = WatchConfiguration.Gossip.Limits

extension PollJudge {
    /// A contradiction with what somebody else was shown: the rule that is broken, and where it begins the split view.
    ///
    /// - Parameter rival: nil where two others were shown the two sides.
    mutating func reportConflict(_ head: ChainVerifier.Known, _ rival: StoredHead?, _ proof: Proof) {
        // What continues a side that is known to be another one is its consequence.
        guard !isParentContested(head) else { return }
        let other = proof.heads.first { $0 != head.hash }.flatMap { heads[$0] }
        report(
            Finding(
                proof.kind.rule, treeSize: head.treeSize,
                expected: other.map { "as \($0.known.hash) of size \($0.known.treeSize), root \($0.known.root)" }
                    ?? "one history",
                found: "\(head.hash), root \(head.root), from \(vantage)"), subject: head.hash.bytes, proof: proof)
        if let rival { reportSplitView(head.hash, rival.known.hash, proof) }
    }
}

extension Evidence.Kind {
    /// The rule that is broken.
    var rule: Rule {
        switch self {
        case .sameSizeDifferentRoot: .sameSizeDifferentRoot
        case .branch: .branch
        case .inconsistent: .inconsistent
        case .rootMismatch: .rootMismatch
        case .linkBroken: .linkBroken
        }
    }
}

extension GossipStore {
    /// Whether one more proof against a log is of use. So many are enough, but where an operator has acknowledged all that
    /// was found, what is found next must be told.
    func wantsProof(of logID: String, limit: Int) async throws -> Bool {
        if try await conflicts(of: logID, limit: limit).count < limit { return true }
        return try await !hasFork(logID)
    }

    /// Finds out what new files of evidence prove by themselves, whoever made them.
    func checkEvidence(of log: WatchedLog) async throws {
        let checker = EvidenceChecker(trust: log.verifier.trust)
        while case let files = try await uncheckedEvidence(of: log.logID, limit: 16), !files.isEmpty {
            for file in files {
                let conflict = (try? Evidence(json: file.bytes)).flatMap(checker.conflict)
                try await mark(file.hash, conflict: conflict?.id, of: log.logID)
            }
        }
    }
}
