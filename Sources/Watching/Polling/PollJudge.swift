import TransparencyLog

/// Turns a part of one answer of a log into one step: heads judged by the rules, roots recomputed, findings made.
///
/// It decides nothing itself: head, chain and tree verifiers do, in the one order.
struct PollJudge {
    /// A finding that may be stored, with what would prove it.
    struct Draft {
        var finding: Finding
        /// What the finding is about, in bytes: the same fault has the same fingerprint.
        var subject: [UInt8]
        var proof: Proof?
    }

    /// What a file of evidence is made of; made only for findings that are stored.
    struct Proof {
        var kind: Evidence.Kind
        var heads: [Digest]
        var signers: Set<String>
        var leaves: [Digest]?
        var prefix: Evidence.Prefix?
    }

    let log: WatchedLog
    /// Where the answer was received.
    let vantage: String
    let now: UInt64
    private(set) var chain: ChainVerifier
    private(set) var budget: PollBudget
    var position: LogPosition
    private let expected: LogPosition
    /// The heads at hand by hash: those stored, and those of this answer.
    private(set) var heads: [Digest: StoredHead] = [:]
    /// The new heads in their order, and the stored ones that changed.
    private var added: [Digest] = []
    private var changed: Set<Digest> = []
    /// Heads whose root is still to be checked.
    private var unrooted: [Digest] = []
    /// Those of them that were verified when no leaves were read, and the size up to which all such are at hand.
    private var rechecked: Set<Digest> = []
    private var ceiling = UInt64.max
    private(set) var drafts: [Draft] = []
    private var newLeaves = LeafList()
    var keyStep: WatchedKeyStep?
    /// Whether the leaves go on behind what this poll had time for.
    var readsOn = false
    /// Whether leaves that were read gave another root than a head has: they are to be read again.
    var hasWrongRoot = false
    /// Findings of single leaves that are kept until they are stored.
    private var leafFindings = 0
    /// Those beyond.
    private(set) var untoldOfLeaves: [Rule: Int] = [:]
    /// Whether a head was known, or carries a valid signature by a pinned cosigner: the log is the one that was pinned.
    private(set) var showsIdentity = false

    /// - Parameter chain: what the parts before this one left, so that a part's border is no border of a rule.
    init(
        log: WatchedLog, vantage: String, position: LogPosition, chain: ChainVerifier, budget: PollBudget, now: UInt64
    ) {
        self.log = log
        self.vantage = vantage
        self.position = position
        self.chain = chain
        self.budget = budget
        self.now = now
        expected = position
    }

    /// Takes in heads that were stored before.
    mutating func remember(_ stored: [StoredHead]) {
        for head in stored where heads[head.known.hash] == nil {
            chain.remember(head.known)
            heads[head.known.hash] = head
            guard head.state == .pending else { continue }
            if mayCheckRoot(head.known) { unrooted.append(head.known.hash) } else { verify(head.known.hash) }
        }
    }

    /// Takes in heads that were verified when no leaves were read: no assurance is given of their roots until they are checked.
    ///
    /// - Parameter limit: so many heads are all that the store gives at a time.
    mutating func recheck(_ stored: [StoredHead], limit: Int) {
        remember(stored)
        for head in stored where heads[head.known.hash]?.state == .verified {
            unrooted.append(head.known.hash)
            rechecked.insert(head.known.hash)
        }
        if stored.count >= limit { ceiling = stored.last?.known.treeSize ?? ceiling }
    }

    /// Whether the heads that wait are only those up to a size, and others follow.
    var waitsForMore: Bool { ceiling < .max }

    /// Whether the head with these very bytes is stored, and need not be judged again.
    ///
    /// - Parameter signers: who signed it by the keys that are pinned now, once that is known. A head without a quorum may have
    ///   one by now, since these or others were pinned; if all were counted before, it would be judged the same.
    mutating func isKnown(_ hash: Digest, rawHash: Digest, signers: Set<String>? = nil) -> Bool {
        guard let head = heads[hash], head.rawHash == rawHash,
            signers?.isSubset(of: head.known.signers)
                ?? (head.state != .seen || log.verifier.isQuorum(head.known.signers))
        else { return false }
        showsIdentity = showsIdentity || !(signers ?? head.known.signers).isEmpty
        return true
    }

    /// Takes in that a head stands here which was judged before.
    mutating func pass(_ hash: Digest) {
        if let head = heads[hash] { chain.pass(head.known) }
    }

    mutating func addMalformed(_ raw: ArraySlice<UInt8>, reason: String) {
        chain.skipUnreadable()
        let excerpt = String(decoding: raw.prefix(500), as: UTF8.self) + (raw.count > 500 ? "…" : "")
        report(
            Finding(.headMalformed, expected: "a signed tree head", found: "\(reason): \(excerpt)"),
            subject: Digest.sha256(raw).bytes)
    }

    /// - Parameter stored: the JSON of a head that was stored before; nil where retention keeps it no longer.
    mutating func add(
        _ judged: JudgedHead, raw: ArraySlice<UInt8>, stored: (Digest) async throws -> [UInt8]?
    ) async throws {
        let verdict = chain.judge(judged)
        for finding in verdict.earlier { report(finding, subject: Array(finding.found.utf8)) }
        showsIdentity = showsIdentity || !judged.signers.isEmpty
        guard let known = ChainVerifier.Known(judged) else {
            for finding in judged.findings { report(finding, subject: Digest.sha256(raw).bytes) }
            return
        }
        position.seenSize = max(position.seenSize, known.treeSize)
        if verdict.isKnown {
            try await addSignatures(judged.head, known, raw, stored)
        } else {
            addNew(known, raw)
        }
        let proof = verdict.rival.flatMap { rival in
            heads[rival.hash].map {
                Proof(
                    kind: Evidence.Kind(rival.contradiction), heads: [rival.hash, known.hash],
                    signers: $0.known.signers.intersection(heads[known.hash]?.known.signers ?? []))
            }
        }
        // Of a known head too: under `shallow` an edited policy leaves its hash as it was.
        for finding in judged.findings + verdict.findings.map({ bounded($0, known) }) {
            report(finding, subject: known.hash.bytes, proof: finding.rule.isFork ? proof : nil)
        }
        if let rival = verdict.rival { reportSplitView(known.hash, rival.hash, proof) }
        settle(known.hash, judged, verdict)
    }

    /// Takes in a head that somebody else was shown, and that contradicts what stands here.
    mutating func addContested(_ known: ChainVerifier.Known, _ raw: [UInt8]) {
        if var stored = heads[known.hash] {
            // The log showed it too, without the signatures that make it count.
            (stored.known, stored.raw, stored.rawHash) = (known, raw, .sha256(raw))
            store(stored)
        } else {
            addNew(known, raw[...])
        }
        set(.contested, known.hash)
    }

    /// Takes in a head for the evidence alone.
    mutating func show(_ known: ChainVerifier.Known, _ raw: [UInt8], at vantage: String) {
        var head = StoredHead(known: known, raw: raw, state: .seen, seenAt: now)
        head.vantage = vantage
        heads[known.hash] = head
    }

    private mutating func addNew(_ known: ChainVerifier.Known, _ raw: ArraySlice<UInt8>) {
        var head = StoredHead(known: known, raw: Array(raw), state: .seen, seenAt: now)
        head.vantage = vantage
        heads[known.hash] = head
        if !known.signers.isEmpty || budget.takesUnsignedHead() { added.append(known.hash) }
        if let frozen = log.frozen,
            known.treeSize > frozen.treeSize || (known.treeSize == frozen.treeSize && known.root.base64 != frozen.root)
        {
            report(
                Finding(
                    .frozenLogMoved, treeSize: known.treeSize, expected: "nothing behind size \(frozen.treeSize)",
                    found: "root \(known.root)"), subject: known.hash.bytes)
        }
    }

    /// The same head with other signatures: they add up, in one JSON, since evidence by these signers shows that.
    private mutating func addSignatures(
        _ other: SignedTreeHead, _ known: ChainVerifier.Known, _ raw: ArraySlice<UInt8>,
        _ stored: (Digest) async throws -> [UInt8]?
    ) async throws {
        guard var head = heads[known.hash], !known.signers.isSubset(of: head.known.signers) else { return }
        if known.signers.isSuperset(of: head.known.signers) {
            head.raw = Array(raw)
        } else if let joined = try await joined(head, other, stored) {
            head.raw = joined
        }
        if let raw = head.raw { head.rawHash = .sha256(raw) }
        head.known = known.adding(head.known.signers)
        store(head)
    }

    /// - Returns: nil where retention keeps nothing to add to, or the bound of a head leaves no room.
    private func joined(
        _ head: StoredHead, _ other: SignedTreeHead, _ stored: (Digest) async throws -> [UInt8]?
    ) async throws -> [UInt8]? {
        var raw = head.raw
        if raw == nil { raw = try await stored(head.known.hash) }
        guard let raw else { return nil }
        let verifier = log.verifier
        let kept: SignedTreeHead
        do {
            kept = try SignedTreeHead(JSONReader.parse(raw))
        } catch is SignedTreeHead.Malformed {
            // Kept by a version that took more for a head than this one does.
            return nil
        } catch { throw DamagedStore("head_json") }
        guard (try? kept.hash(verifier.trust.canonical)) == head.known.hash else { throw DamagedStore("head_json") }
        let bytes = verifier.joined(kept, other).value.bytes()
        return bytes.count <= log.limits.headBytes ? bytes : nil
    }

    /// Decides how far a head is believed that was only seen until now.
    private mutating func settle(_ hash: Digest, _ judged: JudgedHead, _ verdict: ChainVerifier.Verdict) {
        guard let head = heads[hash], head.state == .seen else { return }
        let isContested =
            verdict.findings.contains { $0.severity == .violation && !(isForkOfAnothersMaking($0, head.known)) }
            || isParentContested(head.known) || isOutvoted(head.known)
            // A fork that was told of before it had a quorum.
            || verdict.isKnown && contradictsWhatStands(head.known)
        let isSound = verdict.hasQuorum && !judged.findings.contains { $0.severity == .violation }
        noteGap(head.known, verdict, isSound: isSound && !isContested)
        if isContested {
            set(.contested, hash)
        } else if isSound, mayCheckRoot(head.known) {
            set(.pending, hash)
            unrooted.append(hash)
        } else if isSound {
            verify(hash)
        }
    }

    /// Whether there are leaves to hold a head against: those that the configuration names, or those that are stored since it did.
    private func mayCheckRoot(_ head: ChainVerifier.Known) -> Bool {
        log.hasLeaves || head.treeSize <= position.leafCount
    }

    /// A head behind a contested one continues the wrong side of a fork. One behind a head without a quorum does not:
    /// its own quorum signed the hash of that head.
    func isParentContested(_ head: ChainVerifier.Known) -> Bool {
        guard case .hash(let hash) = head.predecessor else { return false }
        return heads[hash]?.state == .contested
    }

    /// Tells the chain that the answer ends, so that a missing quorum is reported.
    mutating func finishChain() {
        for finding in chain.finish() { report(finding, subject: Array(finding.found.utf8)) }
    }

    mutating func report(_ finding: Finding, subject: [UInt8] = [], proof: Proof? = nil) {
        drafts.append(Draft(finding: finding.bounded(), subject: subject, proof: proof))
    }

    /// What is wrong with one leaf: a log may have as many of these as leaves.
    mutating func reportLeaf(_ finding: Finding) {
        guard leafFindings < 10 * log.limits.findingsPerPoll else {
            untoldOfLeaves[finding.rule, default: 0] += 1
            return
        }
        leafFindings += 1
        report(finding, subject: Array(finding.found.utf8))
    }

    // MARK: Positions

    /// The heads that wait for leaves, the smallest first.
    var waiting: [StoredHead] {
        unrooted.compactMap { heads[$0] }
            .filter {
                $0.known.treeSize <= ceiling
                    && ($0.state == .pending || $0.state == .verified && isUnchecked($0.known))
            }
            .sorted { $0.known.treeSize < $1.known.treeSize }
    }

    private func isUnchecked(_ head: ChainVerifier.Known) -> Bool {
        rechecked.contains(head.hash) && head.treeSize > position.leafCount
    }

    /// The head's position moves on, if nothing stands against the head.
    mutating func verify(_ hash: Digest) {
        guard let known = heads[hash]?.known, heads[hash]?.state != .verified else { return }
        set(.verified, hash)
        position.verifiedCount += 1
        let (size, time) = (position.verifiedSize, position.verifiedTimestamp)
        if position.verifiedHash == nil || known.treeSize > size
            || (known.treeSize == size && known.timestamp >= time)
        {
            position.verifiedSize = known.treeSize
            position.verifiedHash = hash
            position.verifiedTimestamp = known.timestamp
        }
    }

    mutating func contest(_ hash: Digest) { set(.contested, hash) }

    /// Leaves that a signed root vouches for, and where reading goes on behind them.
    mutating func take(_ vouched: LeafReader.Vouched) {
        let mark = vouched.mark
        if position.leafCount == 0 { position.leavesFoundAt = now }
        newLeaves.append(contentsOf: vouched.leaves)
        position.leafCount = mark.frontier.end
        position.frontier = mark.frontier.nodes.map(\.hash)
        position.leafOffset = mark.offset
        position.lastLeafLine = mark.lastLine
    }

    /// The same leaves stand elsewhere now.
    mutating func move(to mark: LeafReader.Mark) {
        position.leafOffset = mark.offset
        position.lastLeafLine = mark.lastLine
    }

    /// All leaves that are stored were looked for where they are read from.
    mutating func noteRecheck() { position.leavesFoundAt = now }

    private mutating func set(_ state: StoredHead.State, _ hash: Digest) {
        guard var head = heads[hash] else { return }
        head.state = state
        store(head)
    }

    private mutating func store(_ head: StoredHead) {
        heads[head.known.hash] = head
        changed.insert(head.known.hash)
    }

    /// The step as it is to be committed, without its findings.
    var step: PollStep {
        var step = PollStep(logID: log.logID, name: log.name, expected: expected)
        step.position = position
        step.heads = added.compactMap { heads[$0] }
        // Unsigned heads beyond the bound have no row, and their update changes nothing.
        step.updates = changed.subtracting(added).compactMap { heads[$0] }
        step.newLeaves = newLeaves
        step.keyStep = keyStep
        return step
    }

    /// Spends of the budget.
    mutating func spend<Result>(_ body: (inout PollBudget) -> Result) -> Result { body(&budget) }
}
