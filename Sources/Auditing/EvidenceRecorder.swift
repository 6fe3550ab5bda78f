import TransparencyLog

/// Keeps the newest heads whole, so that a contradiction between two of them becomes a file of evidence.
struct EvidenceRecorder {
    /// Heads that are kept whole; with an older one, a contradiction is reported without a file.
    private static let window = 4_096
    /// Files that one audit makes; of a log with more forks, these prove enough.
    private static let most = 16

    private let trust: TrustFile
    private let source: String
    private var heads: [Digest: (head: SignedTreeHead, signers: Set<String>)] = [:]
    private var order: [Digest] = []
    private(set) var evidence: [Evidence] = []

    init(trust: TrustFile, source: String) {
        self.trust = trust
        self.source = source
    }

    mutating func note(_ judged: JudgedHead) {
        guard let hash = judged.hash, heads[hash] == nil else { return }
        heads[hash] = (judged.head, judged.signers)
        order.append(hash)
        guard order.count >= 2 * Self.window else { return }
        for old in order.prefix(Self.window) { heads[old] = nil }
        order.removeFirst(Self.window)
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
