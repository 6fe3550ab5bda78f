import TransparencyLog

/// Keeps the newest heads whole, so that a contradiction between two of them becomes a file of evidence.
struct EvidenceRecorder {
    /// Files that one audit makes; of a log with more forks, these prove enough.
    static let most = 16
    /// Bytes of the heads that are kept, as they were read: as values they may take a hundred times that.
    static let bytes = 64 << 20

    private let verifier: HeadVerifier
    private let source: String
    /// Heads that are kept: those that the chain's verifier compares with.
    private let window: Int
    private var heads: [Digest: Kept] = [:]
    private var order: [(hash: Digest, bytes: Int)] = []
    /// Of those that are kept.
    private var bytes = 0
    /// Those of `order` before it are kept no longer.
    private var first = 0
    private(set) var evidence: [Evidence] = []

    private struct Kept {
        /// With all signatures that came with it, which may have come one after another.
        var json: [UInt8]
        var signers: Set<String>
    }

    init(verifier: HeadVerifier, source: String, window: Int) {
        self.window = window
        self.verifier = verifier
        self.source = source
    }

    /// Keeps a head, or its signatures with those of the same head that is kept. What is kept depends on the newest heads alone,
    /// so that it is the same where a part of a chain is judged by itself.
    mutating func note(_ judged: JudgedHead, line: [UInt8]) {
        guard let hash = judged.hash else { return }
        let isKept = heads[hash] != nil
        heads[hash] = whole(judged, line)
        guard !isKept else { return }
        order.append((hash, line.count))
        bytes += line.count
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

    /// A head with all its signatures: together they made the contradiction.
    private func whole(_ judged: JudgedHead, _ line: [UInt8]) -> Kept {
        guard let hash = judged.hash, let kept = heads[hash] else {
            return Kept(json: line, signers: judged.signers)
        }
        // What was kept before was a head that could be read.
        guard !judged.signers.isSubset(of: kept.signers), let head = Self.head(kept) else { return kept }
        return Kept(
            json: verifier.joined(head, judged.head).value.bytes(), signers: kept.signers.union(judged.signers))
    }

    private static func head(_ kept: Kept) -> SignedTreeHead? {
        (try? JSONReader.parse(kept.json)).flatMap { try? SignedTreeHead($0) }
    }

    /// Forgets the evidence that was made, and no head.
    mutating func forgetEvidence() { evidence = [] }

    /// A digest of the heads that are kept, and so of all evidence that later heads can lead to.
    var state: Digest {
        var digests: [UInt8] = []
        for (hash, _) in order[first...] {
            guard let kept = heads[hash] else { continue }
            digests += Digest.sha256(kept.json + [0] + Array(kept.signers.sorted().joined(separator: "\n").utf8)).bytes
        }
        return Digest.sha256(digests)
    }

    /// The evidence of a contradiction, and its hash; nil where a head is kept no longer, or there is enough.
    ///
    /// The time of making is the newest head's, so that the same files give the same bytes.
    mutating func record(
        _ contradiction: Contradiction, _ judged: JudgedHead, line: [UInt8], _ rival: Digest
    ) -> Digest? {
        let this = whole(judged, line)
        guard evidence.count < Self.most, let kept = heads[rival], let other = Self.head(kept),
            let head = Self.head(this)
        else { return nil }
        let observed = [Evidence.Observation(from: source, at: judged.head.timestamp)]
        let made = Evidence(
            kind: Evidence.Kind(contradiction), log: verifier.trust,
            heads: [.init(head: other.value, observed: observed), .init(head: head.value, observed: observed)],
            equivocating: kept.signers.intersection(this.signers).sorted(), created: judged.head.timestamp,
            tool: "nexo-audit/\(ToolVersion.current)")
        evidence.append(made)
        return Digest.sha256(made.fileBytes)
    }
}
