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
        // What a peer added to the signatures says nothing of the log: only the quorum counts. Before the turn: whoever
        // shows heads must not hold polls up for the time that signatures take.
        guard let known = ChainVerifier.Known(log.verifier.verify(head)), log.verifier.isQuorum(known.signers)
        else {
            return .rejected
        }
        return try await inTurn(within: limits.patience) {
            // A poll may have brought it meanwhile.
            if let answer = try await answer(to: hash) { return answer }
            return try await judge(
                known, raw, teller, store.position(of: log.logID), gossip, limits)
        }
    }

    /// What polls do is done in turn with what is heard. A log that answers slowly may hold its turn for long, and must not
    /// hold up what is heard of others.
    ///
    /// - Throws: `TimeLimit.Exceeded` where the turn did not come.
    private func inTurn<Result>(
        within patience: Duration, _ body: () async throws -> Result
    ) async throws -> Result {
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
        _ gossip: any GossipStore, _ limits: GossipLimits
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
        if let rival = standing.first(where: { contradiction(known, $0.known) != nil }) {
            // What was only seen, without its quorum, takes nothing from a head that has one: the log's polls decide.
            let stands = rival.state != .seen
            if !stands { _ = try await gossip.hear(heard, of: log.logID, limit: limits.heardHeads) }
            return try await settle(known, raw, teller, position, gossip, limits, with: rivals) { judge in
                if stands { judge.addContested(known, raw) } else { judge.show(known, raw, at: teller) }
                let kind = contradiction(known, rival.known).map(Evidence.Kind.init) ?? .branch
                judge.reportConflict(
                    known, rival,
                    PollJudge.Proof(
                        kind: kind, heads: [rival.known.hash, known.hash],
                        signers: rival.known.signers.intersection(known.signers)))
            }
        }
        if let same = standing.first(where: { $0.known.treeSize == size && $0.state == .verified }) {
            return same.known.root == known.root && size == position.verifiedSize ? .same : .older
        }
        if log.hasLeaves, size > 0, let checkpoint = try await store.checkpoint(of: log.logID, from: size),
            let prefix = try await store.prefix(
                of: log.logID, first: size, second: checkpoint.known.treeSize, beyond: LeafList())
        {
            guard prefix.root != known.root else { return .older }
            let larger = try await alike(checkpoint, signedBy: known.signers)
            return try await settle(known, raw, teller, position, gossip, limits, with: rivals + [larger]) { judge in
                judge.addContested(known, raw)
                judge.reportConflict(
                    known, larger,
                    PollJudge.Proof(
                        kind: .inconsistent, heads: [known.hash, larger.known.hash],
                        signers: larger.known.signers.intersection(known.signers), prefix: prefix))
            }
        }
        _ = try await gossip.hear(heard, of: log.logID, limit: limits.heardHeads)
        if let other = try await heardRival(of: known, gossip) {
            // Neither is stored as this log's: which of them it shows here is still to be seen.
            return try await settle(known, raw, teller, position, gossip, limits, with: rivals) { judge in
                judge.show(other.known, other.raw, at: other.vantage)
                judge.show(known, raw, at: teller)
                judge.reportConflict(
                    known, nil,
                    PollJudge.Proof(
                        kind: contradiction(known, other.known).map(Evidence.Kind.init) ?? .branch,
                        heads: [other.known.hash, known.hash],
                        signers: other.known.signers.intersection(known.signers)))
            }
        }
        return size > position.verifiedSize ? .newer : .unsettled
    }

    private func contradiction(_ left: ChainVerifier.Known, _ right: ChainVerifier.Known) -> Contradiction? {
        Contradiction.between(left, right, isQuorum: log.verifier.isQuorum)
    }

    /// A head, or another of its size and root, that one of these signed: its quorum may add up over several heads, and
    /// evidence shows one.
    private func alike(_ head: StoredHead, signedBy signers: Set<String>) async throws -> StoredHead {
        guard head.known.signers.isDisjoint(with: signers) else { return head }
        let size = head.known.treeSize
        let all = try await store.rivals(of: log.logID, sizes: [size], limit: Self.rivals)
        return all.first { $0.known.root == head.known.root && !$0.known.signers.isDisjoint(with: signers) } ?? head
    }

    /// Two others may have been shown two histories, of which this watcher knows neither yet.
    private func heardRival(
        of known: ChainVerifier.Known, _ gossip: any GossipStore
    ) async throws -> (known: ChainVerifier.Known, raw: [UInt8], vantage: String)? {
        for other in try await gossip.heard(of: log.logID) where other.hash != known.hash {
            guard let head = try? SignedTreeHead(json: other.json, maximumBytes: log.limits.headBytes),
                // Signatures are verified of those alone that may contradict.
                head.treeSize == known.treeSize || head.predecessor == known.predecessor,
                let heard = ChainVerifier.Known(log.verifier.verify(head)), contradiction(known, heard) != nil
            else { continue }
            return (heard, other.json, other.vantage)
        }
        return nil
    }

    /// Stores a conflict and tells of it, as far as it is one of the first: more prove nothing more.
    private func settle(
        _ known: ChainVerifier.Known, _ raw: [UInt8], _ teller: String, _ position: LogPosition,
        _ gossip: any GossipStore, _ limits: GossipLimits, with rivals: [StoredHead],
        _ report: (inout PollJudge) -> Void
    ) async throws -> GossipAnswer {
        guard try await gossip.wantsProof(of: log.logID, limit: limits.conflicts) else { return .conflict }
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
        try await inTurn(within: limits.patience) {
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
