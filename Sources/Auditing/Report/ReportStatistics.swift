public import TransparencyLog

/// Figures on the heads of a chain, noted one by one in its order, in bounded memory.
public struct ReportStatistics: Sendable {
    /// How one cosigner took part.
    public struct Cosigner: Hashable, Sendable {
        public let id: String
        /// Heads with a valid signature.
        public var signed = 0
        /// Heads without any, at sizes that a key of the cosigner is pinned for.
        public var missed = 0
        /// Heads with a signature that does not verify, and none that does.
        public var invalid = 0
        /// The most heads in a row without a valid signature.
        public var longestStreak = 0
        var streak = 0
    }

    /// What was seen of one pinned key.
    public struct KeyUse: Hashable, Sendable {
        public var heads = 0
        public var first: (treeSize: UInt64, timestamp: UInt64)? {
            firstSize.flatMap { size in firstTime.map { (size, $0) } }
        }
        public var last: (treeSize: UInt64, timestamp: UInt64)? {
            lastSize.flatMap { size in lastTime.map { (size, $0) } }
        }
        private var firstSize: UInt64?
        private var firstTime: UInt64?
        private var lastSize: UInt64?
        private var lastTime: UInt64?

        mutating func note(_ head: SignedTreeHead) {
            heads += 1
            firstSize = firstSize ?? head.treeSize
            firstTime = firstTime ?? head.timestamp
            (lastSize, lastTime) = (head.treeSize, head.timestamp)
        }
    }

    public let trust: TrustFile
    public private(set) var freshness: Freshness
    public private(set) var series = HeadSeries()
    /// By the order in which ids first stand in the trust file.
    public private(set) var cosigners: [Cosigner]
    /// By the order of the trust file's entries.
    public private(set) var keys: [KeyUse]
    public private(set) var heads = 0
    /// Heads that, with the heads of their size and root before them, have a quorum.
    public private(set) var quorumHeads = 0
    /// Heads without a valid signature by a pinned cosigner.
    public private(set) var unsignedHeads = 0
    /// Heads that say nothing of the head before them.
    public private(set) var unlinkedHeads = 0
    /// Heads dated behind `notAfter`, which are left out of every measure of time.
    public private(set) var futureHeads = 0
    public private(set) var newestTimestamp: UInt64?

    private let verifier: HeadVerifier
    private let notAfter: UInt64

    /// - Parameters:
    ///   - maximumHeadAge: seconds; a head older than this is stale.
    ///   - notAfter: seconds since 1970; a head dated later says nothing of the period.
    ///   - begin: where the period begins, of a log that had heads before; else it begins with the first head.
    public init(trust: TrustFile, maximumHeadAge: UInt64, notAfter: UInt64? = nil, begin: UInt64? = nil) {
        self.trust = trust
        self.notAfter = notAfter ?? .max
        verifier = HeadVerifier(trust: trust)
        freshness = Freshness(limit: maximumHeadAge, begin: begin)
        keys = trust.cosigners.map { _ in KeyUse() }
        var seen: Set<String> = []
        cosigners = trust.cosigners.compactMap { seen.insert($0.id).inserted ? Cosigner(id: $0.id) : nil }
    }

    /// Takes in the next head of the chain.
    public mutating func note(_ audited: AuditedHead) {
        switch audited {
        case .before(let timestamp, let hasQuorum): freshness.noteBefore(timestamp, hasQuorum: hasQuorum)
        case .thinned(let head):
            noteTime(head.timestamp, head.treeSize, hasQuorum: verifier.isQuorum(head.signers))
        case .judged(let judged, let hasQuorum):
            heads += 1
            if hasQuorum { quorumHeads += 1 }
            if judged.signers.isEmpty { unsignedHeads += 1 }
            if judged.head.predecessor == .unstated { unlinkedHeads += 1 }
            noteSigners(judged)
            noteTime(judged.head.timestamp, judged.head.treeSize, hasQuorum: hasQuorum)
        }
    }

    private mutating func noteTime(_ timestamp: UInt64, _ treeSize: UInt64, hasQuorum: Bool) {
        guard timestamp <= notAfter else {
            futureHeads += 1
            return
        }
        newestTimestamp = max(newestTimestamp ?? 0, timestamp)
        let age = freshness.note(timestamp, hasQuorum: hasQuorum)
        series.note(timestamp: timestamp, treeSize: treeSize, age: age)
    }

    private mutating func noteSigners(_ judged: JudgedHead) {
        let pinned = trust.keys(at: judged.head.treeSize)
        let signatures = Set(judged.head.signatures.compactMap(\.cosigner))
        for index in cosigners.indices {
            let id = cosigners[index].id
            if judged.signers.contains(id) {
                cosigners[index].signed += 1
                cosigners[index].streak = 0
                continue
            }
            if signatures.contains(id) {
                cosigners[index].invalid += 1
            } else if pinned.contains(where: { $0.id == id }) {
                cosigners[index].missed += 1
            } else {
                continue
            }
            cosigners[index].streak += 1
            cosigners[index].longestStreak = max(cosigners[index].longestStreak, cosigners[index].streak)
        }
        for (index, entry) in trust.cosigners.enumerated()
        where judged.signers.contains(entry.id)
            && pinned.contains(where: { $0.id == entry.id && $0.publicKey == entry.publicKey })
        {
            keys[index].note(judged.head)
        }
    }
}
