import TransparencyLog

/// Turns one answer of a log into one step: heads judged by the rules, roots recomputed, findings and evidence made.
///
/// It decides nothing itself: head, chain and tree verifiers do, in the one order.
struct PollJudge {
    let log: WatchedLog
    let now: UInt64
    let tool: String

    private(set) var step: PollStep
    /// The new heads in their order, and the stored ones that changed.
    private var added: [Digest] = []
    private var changed: Set<Digest> = []
    private var chain: ChainVerifier
    /// The heads at hand by hash: those stored, and those of this answer.
    private var heads: [Digest: StoredHead] = [:]
    /// Heads of this answer or pending ones whose root is still to be checked.
    private var unrooted: [Digest] = []
    private var kept: [Rule: Int] = [:]
    private var unsigned = 0
    /// Findings beyond the bound, which are counted and not stored.
    private(set) var excess: [Rule: Int] = [:]

    /// A head further ahead of our clock than this is in the future, in seconds.
    private static let tolerance: UInt64 = 300

    init(log: WatchedLog, position: LogPosition, stored: [StoredHead], now: UInt64) {
        self.log = log
        self.now = now
        tool = "nexo-watch"
        step = PollStep(logID: log.logID, name: log.name, expected: position)
        // Nothing that is remembered may be forgotten before the answer is judged.
        chain = ChainVerifier(verifier: log.verifier, window: .max)
        remember(stored)
    }

    /// Takes in heads that were stored before.
    mutating func remember(_ stored: [StoredHead]) {
        for head in stored where heads[head.known.hash] == nil {
            chain.remember(head.known)
            heads[head.known.hash] = head
            if head.state == .pending { unrooted.append(head.known.hash) }
        }
    }

    /// The stored head with these very bytes, which need not be judged again.
    mutating func isKnown(_ raw: ArraySlice<UInt8>, hash: Digest) -> Bool {
        guard let head = heads[hash], head.raw.elementsEqual(raw) else { return false }
        showsIdentity = showsIdentity || !head.known.signers.isEmpty
        return true
    }

    /// Whether a head was known, or carries a valid signature by a pinned cosigner: the log is the one that was pinned.
    private(set) var showsIdentity = false

    /// Whether the last head could not be read, so that the next one stands behind a gap.
    private(set) var endsUnreadable = false

    mutating func beginBehindGap() { chain.skipUnreadable() }

    mutating func addMalformed(_ raw: ArraySlice<UInt8>, reason: String) {
        chain.skipUnreadable()
        endsUnreadable = true
        report(
            Finding(.headMalformed, expected: "a signed tree head", found: "\(reason): \(Self.excerpt(raw))"),
            subject: Array(raw))
    }

    mutating func add(_ judged: JudgedHead, raw: ArraySlice<UInt8>) {
        let verdict = chain.judge(judged)
        endsUnreadable = judged.hash == nil
        showsIdentity = showsIdentity || !judged.signers.isEmpty
        guard let known = ChainVerifier.Known(judged) else {
            for finding in judged.findings { report(finding, subject: Array(raw)) }
            return
        }
        step.position.seenSize = max(step.position.seenSize, known.treeSize)
        for finding in verdict.earlier { report(finding, subject: []) }
        let evidence = verdict.rival.flatMap { rival in
            heads[rival.hash].map { self.evidence(of: rival.contradiction, $0, known, raw) }
        }
        if verdict.isKnown { addSignatures(known, raw) } else { addNew(known, raw) }
        // Of a known head too: under `shallow` an edited policy leaves its hash as it was.
        for finding in judged.findings + verdict.findings {
            report(finding, subject: known.hash.bytes, evidence: finding.rule.isFork ? evidence : nil)
        }
        settle(known.hash, judged, verdict)
    }

    private mutating func addNew(_ known: ChainVerifier.Known, _ raw: ArraySlice<UInt8>) {
        heads[known.hash] = StoredHead(known: known, raw: Array(raw), state: .seen, seenAt: now)
        // Anybody can write heads that nobody signed: so many are kept of a part, and the rest is judged alone.
        if known.signers.isEmpty { unsigned += 1 }
        if !known.signers.isEmpty || unsigned <= log.limits.unsignedHeads { added.append(known.hash) }
        if known.timestamp > now + Self.tolerance {
            report(
                Finding(
                    .timestampFuture, treeSize: known.treeSize, expected: "at most \(now + Self.tolerance)",
                    found: "\(known.timestamp)"), subject: known.hash.bytes)
        }
        checkFrozen(known)
    }

    /// Decides how far a head is believed that was only seen until now.
    private mutating func settle(_ hash: Digest, _ judged: JudgedHead, _ verdict: ChainVerifier.Verdict) {
        guard var head = heads[hash], head.state == .seen else { return }
        let isContested = verdict.findings.contains { $0.severity == .violation } || isParentContested(head.known)
        let isSound = verdict.hasQuorum && !judged.findings.contains { $0.severity == .violation }
        if isContested {
            head.state = .contested
            store(head)
        } else if isSound, log.hasLeaves {
            head.state = .pending
            store(head)
            unrooted.append(hash)
        } else if isSound {
            verify(hash)
        }
    }

    /// The same head with other signatures: they add up, and the fuller one is kept.
    private mutating func addSignatures(_ known: ChainVerifier.Known, _ raw: ArraySlice<UInt8>) {
        guard var head = heads[known.hash], !known.signers.isSubset(of: head.known.signers) else { return }
        if known.signers.count >= head.known.signers.count { head.raw = Array(raw) }
        head.known = ChainVerifier.Known(
            hash: known.hash, predecessor: known.predecessor, treeSize: known.treeSize, root: known.root,
            timestamp: known.timestamp, signers: head.known.signers.union(known.signers))
        store(head)
    }

    /// A head behind a contested one continues the wrong side of a fork. One behind a head without a quorum does not:
    /// its own quorum signed the hash of that head.
    private func isParentContested(_ head: ChainVerifier.Known) -> Bool {
        guard case .hash(let hash) = head.predecessor else { return false }
        return heads[hash]?.state == .contested
    }

    private mutating func checkFrozen(_ head: ChainVerifier.Known) {
        guard let frozen = log.frozen else { return }
        guard head.treeSize > frozen.treeSize || (head.treeSize == frozen.treeSize && head.root.base64 != frozen.root)
        else { return }
        report(
            Finding(
                .frozenLogMoved, treeSize: head.treeSize, expected: "nothing behind size \(frozen.treeSize)",
                found: "root \(head.root)"), subject: head.hash.bytes)
    }

    /// Tells the chain that the answer ends, so that a missing quorum is reported.
    mutating func finishChain() {
        for finding in chain.finish() { report(finding, subject: []) }
    }

    /// The largest size whose root is to be recomputed; nil if there is none.
    var wantedLeaves: UInt64? { unrooted.compactMap { heads[$0]?.known.treeSize }.max() }

    /// Recomputes the roots of all heads that wait for it.
    ///
    /// - Parameter stored: the hashes of the leaves read before, asked for only where a head is smaller than they reach.
    mutating func checkRoots(_ reader: inout LeafReader, stored: () async throws -> [Digest]) async throws {
        var mismatched: StoredHead?
        let waiting = unrooted.compactMap { heads[$0] }.sorted { $0.known.treeSize < $1.known.treeSize }
        for head in waiting {
            let size = head.known.treeSize
            for finding in reader.advance(to: size) { report(finding, subject: finding.found.utf8.map { $0 }) }
            guard reader.count >= size else {
                report(
                    Finding(
                        .leavesMissing, treeSize: size, expected: "\(size) registrations", found: "\(reader.count)"),
                    subject: [])
                continue
            }
            guard let signed = try? SignedTreeHead(JSONReader.parse(head.raw)) else { continue }
            var tree = reader.tree
            if size > 0, reader.count > size {
                tree = TreeVerifier(frontier: Self.frontier(over: try await stored() + reader.leaves, size))
            }
            guard let finding = tree.check(signed) else {
                if let wrong = mismatched {
                    let leaves = try await stored() + reader.leaves
                    reportInconsistent(wrong, head, leaves: leaves)
                    mismatched = nil
                }
                verify(head.known.hash)
                continue
            }
            // One file for the first size at which the root departs: what follows is its consequence.
            var evidence: StoredEvidence?
            if mismatched == nil, finding.rule == .rootMismatch {
                mismatched = head
                let leaves = try await stored() + reader.leaves
                evidence = rootMismatch(head, leaves: Array(leaves.prefix(Int(size))))
            }
            report(finding, subject: head.known.hash.bytes, evidence: evidence)
            if var refused = heads[head.known.hash] {
                refused.state = .contested
                store(refused)
            }
        }
        step.newLeaves = reader.takeLeaves()
        step.position.leafCount = reader.count
        step.position.frontier = reader.tree.frontier.nodes.map(\.hash)
        step.position.leafOffset = reader.offset
        step.position.lastLeafLine = reader.lastLine
    }

    private static func frontier(over leaves: [Digest], _ size: UInt64) -> Frontier {
        var frontier = Frontier()
        for leaf in leaves.prefix(Int(size)) { frontier.append(leaf) }
        return frontier
    }

    mutating func report(inconsistent finding: Finding, subject: [UInt8], evidence: StoredEvidence?) {
        report(finding, subject: subject, evidence: evidence)
    }

    /// Reports a fault that is about the log and not about one head.
    mutating func report(standing finding: Finding, subject: [UInt8] = []) { report(finding, subject: subject) }

    /// The head's position moves on, if nothing stands against the head.
    private mutating func verify(_ hash: Digest) {
        guard var head = heads[hash], head.state != .verified else { return }
        head.state = .verified
        store(head)
        step.position.verifiedCount += 1
        let known = head.known
        let (size, time) = (step.position.verifiedSize, step.position.verifiedTimestamp)
        if step.position.verifiedHash == nil || known.treeSize > size
            || (known.treeSize == size && known.timestamp >= time)
        {
            step.position.verifiedSize = known.treeSize
            step.position.verifiedHash = hash
            step.position.verifiedTimestamp = known.timestamp
        }
    }

    private mutating func store(_ head: StoredHead) {
        heads[head.known.hash] = head
        changed.insert(head.known.hash)
    }

    /// The step as it is to be committed.
    mutating func finish() -> PollStep {
        step.heads = added.compactMap { heads[$0] }
        // Unsigned heads beyond the bound have no row, and their update changes nothing.
        step.updates = changed.subtracting(added).compactMap { heads[$0] }
        return step
    }

    private mutating func report(_ finding: Finding, subject: [UInt8], evidence: StoredEvidence? = nil) {
        guard kept[finding.rule, default: 0] < log.limits.findingsPerPoll else {
            excess[finding.rule, default: 0] += 1
            return
        }
        kept[finding.rule, default: 0] += 1
        if let evidence { step.evidence.append(evidence) }
        var finding = finding
        finding.expected = Self.bounded(finding.expected)
        finding.found = Self.bounded(finding.found)
        step.findings.append(StoredFinding(finding, subject: subject, evidence: evidence?.hash, at: now))
    }

    /// What a server wrote may be quoted in a finding, and may be long.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= 2_000 ? text : String(decoding: text.utf8.prefix(2_000), as: UTF8.self) + "…"
    }

    private static func excerpt(_ raw: ArraySlice<UInt8>) -> String {
        String(decoding: raw.prefix(500), as: UTF8.self) + (raw.count > 500 ? "…" : "")
    }
}
