import TransparencyLog

/// Keeps the newest heads whole, so that a contradiction between two of them becomes a file of evidence.
struct EvidenceRecorder {
    /// Files that one audit makes; of a log with more forks, these prove enough.
    static let most = 16
    /// Bytes of the heads that are kept, as they were read: in memory they may take a hundred times that.
    static let bytes = 16 << 20

    private let verifier: HeadVerifier
    private let source: String
    /// Heads that are kept: those that the chain's verifier compares with.
    private let window: Int
    private var heads: [Digest: (head: SignedTreeHead, signers: Set<String>)] = [:]
    private var order: [(hash: Digest, bytes: Int)] = []
    /// Of those that are kept.
    private var bytes = 0
    /// Those of `order` before it are kept no longer.
    private var first = 0
    private(set) var evidence: [Evidence] = []

    init(verifier: HeadVerifier, source: String, window: Int) {
        self.window = window
        self.verifier = verifier
        self.source = source
    }

    /// Keeps a head, or its signatures with those of the same head that is kept. What is kept depends on the newest heads alone,
    /// so that it is the same where a part of a chain is judged by itself.
    ///
    /// - Parameter count: of the head's line.
    mutating func note(_ judged: JudgedHead, bytes count: Int) {
        guard let hash = judged.hash else { return }
        let isKept = heads[hash] != nil
        heads[hash] = whole(judged)
        guard !isKept else { return }
        order.append((hash, count))
        bytes += count
        while order.count - first > window || bytes > Self.bytes && order.count - first > 1 {
            heads[order[first].hash] = nil
            bytes -= order[first].bytes
            first += 1
        }
        // Amortised: half of the array is dropped at a time.
        if first > window {
            order.removeFirst(first)
            first = 0
        }
    }

    /// A head with all its signatures, which may have come one after another: together they made the contradiction.
    private func whole(_ judged: JudgedHead) -> (head: SignedTreeHead, signers: Set<String>) {
        guard let hash = judged.hash, let kept = heads[hash] else { return (judged.head, judged.signers) }
        guard !judged.signers.isSubset(of: kept.signers) else { return kept }
        return (verifier.joined(kept.head, judged.head), kept.signers.union(judged.signers))
    }

    /// Forgets the evidence that was made, and no head.
    mutating func forgetEvidence() { evidence = [] }

    /// A digest of the heads that are kept, and so of all evidence that later heads can lead to.
    var state: Digest {
        var digests: [UInt8] = []
        for (hash, _) in order[first...] {
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
        let this = whole(judged)
        let observed = [Evidence.Observation(from: source, at: judged.head.timestamp)]
        let made = Evidence(
            kind: Evidence.Kind(contradiction), log: verifier.trust,
            heads: [
                .init(head: other.head.value, observed: observed), .init(head: this.head.value, observed: observed),
            ], equivocating: other.signers.intersection(this.signers).sorted(), created: judged.head.timestamp,
            tool: "nexo-audit/\(ToolVersion.current)")
        evidence.append(made)
        return Digest.sha256(made.fileBytes)
    }
}
