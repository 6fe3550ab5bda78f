import TransparencyLog

/// What the judge writes into files of evidence.
extension PollJudge {
    func evidence(
        of contradiction: Contradiction, _ other: StoredHead, _ known: ChainVerifier.Known, _ raw: ArraySlice<UInt8>
    ) -> StoredEvidence {
        let kind: Evidence.Kind =
            switch contradiction {
            case .sameSizeDifferentRoot: .sameSizeDifferentRoot
            case .branch: .branch
            }
        return evidence(
            kind, [(other.raw, other.seenAt), (Array(raw), now)],
            signers: other.known.signers.intersection(known.signers), leaves: nil)
    }

    /// The leaves are our testimony: no signature covers them.
    func rootMismatch(_ head: StoredHead, leaves: [Digest]) -> StoredEvidence? {
        guard leaves.count <= log.limits.evidenceLeaves else { return nil }
        return evidence(.rootMismatch, [(head.raw, head.seenAt)], signers: head.known.signers, leaves: leaves)
    }

    /// A later root binds the leaves, so that the earlier one is proved wrong.
    mutating func reportInconsistent(_ smaller: StoredHead, _ larger: StoredHead, leaves: [Digest]) {
        let leaves = Array(leaves.prefix(Int(larger.known.treeSize)))
        let proof =
            leaves.count <= log.limits.evidenceLeaves
            ? evidence(
                .inconsistent, [(smaller.raw, smaller.seenAt), (larger.raw, larger.seenAt)],
                signers: smaller.known.signers.intersection(larger.known.signers), leaves: leaves)
            : nil
        report(
            inconsistent: Finding(
                .inconsistent, treeSize: smaller.known.treeSize,
                expected: "a prefix of the tree of size \(larger.known.treeSize)", found: "root \(smaller.known.root)"),
            subject: smaller.known.hash.bytes, evidence: proof)
    }

    private func evidence(
        _ kind: Evidence.Kind, _ heads: [(raw: [UInt8], at: UInt64)], signers: Set<String>, leaves: [Digest]?
    ) -> StoredEvidence {
        let evidence = Evidence(
            kind: kind, log: log.verifier.trust,
            heads: heads.map { head in
                Evidence.Exhibit(
                    head: (try? JSONReader.parse(head.raw)) ?? .null, observed: [.init(from: log.url, at: head.at)])
            },
            leaves: leaves, equivocating: signers.sorted(), created: now, tool: tool)
        return StoredEvidence(kind: kind, bytes: evidence.json.bytes() + [0x0A])
    }
}

extension Rule {
    /// The rules that latch `nexo_watch_fork_detected`.
    var isFork: Bool {
        switch self {
        case .sameSizeDifferentRoot, .branch, .inconsistent, .splitView: true
        default: false
        }
    }
}
