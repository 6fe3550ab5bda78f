/// Judges heads in the order of their chain, oldest first: link, size, time, quorum, and forks among them.
///
/// It goes on behind every break and reports all that follow. Memory is bounded by `window`: a fork is recognised
/// against that many heads back.
public struct ChainVerifier: Sendable {
    /// A head's essentials, kept to compare later heads with.
    public struct Known: Hashable, Sendable {
        public let hash: Digest
        public let predecessor: SignedTreeHead.Predecessor
        public let treeSize: UInt64
        public let root: Digest
        public let timestamp: UInt64
        public internal(set) var signers: Set<String>

        public init(
            hash: Digest, predecessor: SignedTreeHead.Predecessor, treeSize: UInt64, root: Digest, timestamp: UInt64,
            signers: Set<String>
        ) {
            self.hash = hash
            self.predecessor = predecessor
            self.treeSize = treeSize
            self.root = root
            self.timestamp = timestamp
            self.signers = signers
        }

        /// The same head with more signers: those of a copy, or of heads of its size and root.
        public func adding(_ signers: Set<String>) -> Known {
            var known = self
            known.signers.formUnion(signers)
            return known
        }
    }

    /// What the chain says of one head.
    public struct Verdict: Sendable {
        /// About heads before this one: a quorum that no further head added up to.
        public var earlier: [Finding] = []
        /// About this head.
        public var findings: [Finding] = []
        /// Whether the head with this hash was known before.
        public var isKnown = false
        /// Whether the signers of its size and root, added up so far, are a quorum.
        public var hasQuorum = false
        /// The head that this one contradicts, with why.
        public var rival: (contradiction: Contradiction, hash: Digest)?
    }

    /// So many distinct heads back a fork is recognised, unless told otherwise.
    public static let window = 4_096
    /// A head may be this far ahead of the checker's clock, in seconds.
    public static let tolerance: UInt64 = 300

    private let verifier: HeadVerifier
    private let latest: UInt64?
    var known: KnownHeads
    /// Valid signers of the heads of one size and root, added up while such heads follow each other.
    var group: (treeSize: UInt64, root: Digest, signers: Set<String>, pending: Finding?)?
    /// A head could not be read, so that the next one's predecessor is not at hand.
    var predecessorUnread = false

    /// A head that calls itself the first may come late up to this size: what is known begins there, behind the chain's
    /// beginning, perhaps with a heartbeat of the first head's own size. 0: nothing is missing before what is known.
    public var beginning: UInt64 = 0
    /// And with a time up to this, that of the newest head which is verified: a later one begins another chain. `nil`: none is.
    public var beginningTime: UInt64?

    /// - Parameter now: the checker's clock, in seconds since 1970; without it no head lies in the future.
    public init(verifier: HeadVerifier, window: Int = Self.window, now: UInt64? = nil) {
        self.verifier = verifier
        latest = now.map { $0 + Self.tolerance }
        known = KnownHeads(window: max(window, 1))
    }

    /// Tells that a head stood here that could not be read.
    public mutating func skipUnreadable() { predecessorUnread = true }

    /// Judges the next head. A missing quorum is held back while heads of the same size and root may still add up;
    /// `finish()` gives what is left.
    ///
    /// - Parameters:
    ///   - line: where the head stands in its file, for a finding that is held back.
    ///   - byteOffset: likewise.
    public mutating func check(_ judged: JudgedHead, line: Int? = nil, byteOffset: UInt64? = nil) -> [Finding] {
        let verdict = judge(judged, line: line, byteOffset: byteOffset)
        return verdict.earlier + verdict.findings
    }

    /// Judges the next head, and says more than its findings.
    public mutating func judge(_ judged: JudgedHead, line: Int? = nil, byteOffset: UInt64? = nil) -> Verdict {
        var verdict = Verdict(earlier: checkQuorum(judged))
        group?.pending?.line = line
        group?.pending?.byteOffset = byteOffset
        // Others' signatures add up with its own: a head that nobody signed borrows none.
        verdict.hasQuorum = !judged.signers.isEmpty && verifier.isQuorum(group?.signers ?? [])
        guard let this = Known(judged) else {
            predecessorUnread = true
            return verdict
        }
        // The same head again, perhaps with other signatures: they add up, and may make a fork of what was none before.
        if let before = known[this.hash] {
            verdict.isKnown = true
            _ = known.addSigners(of: this)
            guard let now = known[this.hash], now.signers != before.signers, rival(of: before) == nil else {
                return verdict
            }
            verdict.rival = rival(of: now)
            if let rival = verdict.rival, let other = known[rival.hash] {
                verdict.findings.append(fork(now, other, rival.contradiction))
            }
            return verdict
        }
        verdict.rival = rival(of: this)
        if let rival = verdict.rival, let other = known[rival.hash] {
            verdict.findings.append(fork(this, other, rival.contradiction))
        } else {
            verdict.findings += checkLink(this)
        }
        // Against the head that it continues: a late head may follow any other in time.
        if let previous = parent(of: this), this.timestamp < previous.timestamp {
            verdict.findings.append(
                finding(
                    .timestampRegressed, this, expected: "at least \(previous.timestamp)", found: "\(this.timestamp)"))
        }
        if let latest, this.timestamp > latest {
            verdict.findings.append(
                finding(.timestampFuture, this, expected: "at most \(latest)", found: "\(this.timestamp)"))
        }
        predecessorUnread = false
        known.append(this)
        return verdict
    }

    /// Takes in a head that was judged before, so that later heads are compared with it.
    public mutating func remember(_ head: Known) {
        if !known.addSigners(of: head) { known.append(head) }
    }

    /// Takes in a head that stands here and is not to be judged. Its signatures add up with those of a head that is.
    public mutating func pass(_ head: Known) {
        if let group, (group.treeSize, group.root) == (head.treeSize, head.root) {
            let signers = group.signers.union(head.signers)
            self.group = (head.treeSize, head.root, signers, verifier.isQuorum(signers) ? nil : group.pending)
        }
        remember(head)
        predecessorUnread = false
    }

    /// What a head contradicts of what is known, where nothing else is said of it.
    public func fork(by head: Known) -> (finding: Finding, contradiction: Contradiction, rival: Known)? {
        guard let found = rival(of: head), let other = known[found.hash] else { return nil }
        return (fork(head, other, found.contradiction), found.contradiction, other)
    }

    /// Forgets all heads but the last, for a caller who keeps them elsewhere and will have those remembered that matter.
    public mutating func forgetAllButLast() { known.forgetAllButLast() }

    private func parent(of head: Known) -> Known? {
        guard case .hash(let hash) = head.predecessor else { return nil }
        return known[hash]
    }

    /// The findings that were held back for heads that might have followed.
    public mutating func finish() -> [Finding] {
        defer { group?.pending = nil }
        return [group?.pending].compactMap { $0 }
    }

    private mutating func checkQuorum(_ judged: JudgedHead) -> [Finding] {
        let head = judged.head
        var findings: [Finding] = []
        var signers = judged.signers.union(known.signers(treeSize: head.treeSize, root: head.root))
        if let group, group.treeSize == head.treeSize, group.root == head.root {
            signers.formUnion(group.signers)
        } else {
            findings = finish()
            group = nil
        }
        var pending: Finding?
        if !verifier.isQuorum(signers), !head.signatures.isEmpty {
            let names = signers.sorted().joined(separator: ", ")
            pending = Finding(
                .quorumNotMet, treeSize: head.treeSize,
                expected: "valid signatures by \(verifier.trust.policy.t) pinned cosigners",
                found: "\(signers.isEmpty ? "none" : "\(signers.count): \(names)"), under root \(head.root)")
        }
        group = (head.treeSize, head.root, signers, pending)
        return findings
    }

    /// A head before this one that contradicts it (PROTOCOL, "Evidence").
    private func rival(of this: Known) -> (contradiction: Contradiction, hash: Digest)? {
        for other in known.relatives(of: this) {
            if let contradiction = Contradiction.between(this, other, isQuorum: verifier.isQuorum) {
                return (contradiction, other.hash)
            }
        }
        return nil
    }

    private func fork(_ this: Known, _ other: Known, _ contradiction: Contradiction) -> Finding {
        switch contradiction {
        case .sameSizeDifferentRoot:
            finding(.sameSizeDifferentRoot, this, expected: "root \(other.root)", found: "root \(this.root)")
        case .branch:
            finding(
                .branch, this, expected: "one head after \(this.predecessor)",
                found: "a second one, \(this.hash), beside \(other.hash) of size \(other.treeSize)")
        }
    }

    private func checkLink(_ this: Known) -> [Finding] {
        guard let previous = known.last else {
            guard case .hash = this.predecessor else { return [] }
            return [gap(this)]
        }
        switch this.predecessor {
        case .hash:
            if let parent = parent(of: this) {
                guard this.treeSize < parent.treeSize else { return [] }
                return [
                    finding(
                        .sizeRegressed, this, expected: "at least \(parent.treeSize) leaves", found: "\(this.treeSize)")
                ]
            }
            if predecessorUnread { return [gap(this)] }
        case .none:
            let isEarly = this.timestamp <= beginningTime ?? .max
            if beginning > 0, this.treeSize <= beginning, isEarly { return [] }
        case .unstated:
            // A server that neither signs nor chains is told so by `head-unsigned`; a quorum head must be chained.
            if this.signers.isEmpty { return [] }
        }
        return [
            finding(.linkBroken, this, expected: previous.hash.base64, found: this.predecessor.description)
        ]
    }

    private func gap(_ this: Known) -> Finding {
        finding(.chainGap, this, expected: "the head with hash \(this.predecessor)", found: "it is not at hand")
    }

    private func finding(_ rule: Rule, _ head: Known, expected: String, found: String) -> Finding {
        Finding(rule, treeSize: head.treeSize, expected: expected, found: found)
    }
}
