import TransparencyLog

/// Keeps the newest heads whole, so that a contradiction between two of them becomes a file of evidence.
struct EvidenceRecorder {
    /// Files that one audit makes; of a log with more forks, these prove enough.
    static let most = 16

    private let trust: TrustFile
    private let source: String
    /// Heads that are kept: those that the chain's verifier compares with.
    private let window: Int
    private var heads: [Digest: (head: SignedTreeHead, signers: Set<String>)] = [:]
    private var order: [Digest] = []
    /// Those of `order` before it are kept no longer.
    private var first = 0
    private(set) var evidence: [Evidence] = []

    init(trust: TrustFile, source: String, window: Int) {
        self.window = window
        self.trust = trust
        self.source = source
    }

    /// Keeps a head that the chain's verifier did not know.
    mutating func note(_ judged: JudgedHead) {
        guard let hash = judged.hash, heads[hash] == nil else { return }
        heads[hash] = (judged.head, judged.signers)
        order.append(hash)
        if order.count - first > window {
            heads[order[first]] = nil
            first += 1
        }
        // Amortised: half of the array is dropped at a time.
        if first > window {
            order.removeFirst(first)
            first = 0
        }
    }

    /// Forgets the evidence that was made, and no head.
    mutating func forgetEvidence() { evidence = [] }

    /// A digest of the heads that are kept, and so of all evidence that later heads can lead to.
    var state: Digest {
        var digests: [UInt8] = []
        for hash in order[first...] {
            guard let (head, signers) = heads[hash] else { continue }
            let kept = JSONValue.array([head.value, .array(signers.sorted().map { .string($0) })])
            digests += Digest.sha256(kept.bytes()).bytes
        }
        return Digest.sha256(digests)
    }

    /// The evidence of a contradiction, and its hash; nil where a head is kept no longer, or there is enough.
    ///
    /// The time of making is the newest head's, so that the same files give the same bytes.
    mutating func record(_ contradiction: Contradiction, _ judged: JudgedHead, _ rival: Digest) -> Digest? {
        guard evidence.count < Self.most, let other = heads[rival] else { return nil }
        let observed = [Evidence.Observation(from: source, at: judged.head.timestamp)]
        let made = Evidence(
            kind: Evidence.Kind(contradiction), log: trust,
            heads: [
                .init(head: other.head.value, observed: observed), .init(head: judged.head.value, observed: observed),
            ], equivocating: other.signers.intersection(judged.signers).sorted(), created: judged.head.timestamp,
            tool: "nexo-audit/\(ToolVersion.current)")
        evidence.append(made)
        return Digest.sha256(made.fileBytes)
    }
}
