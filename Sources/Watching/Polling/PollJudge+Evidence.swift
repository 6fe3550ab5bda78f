import TransparencyLog

/// Findings and files of evidence, as they are to be stored.
extension PollJudge {
    /// What a store is asked for while findings are made.
    struct Stored {
        /// Those of some fingerprints that are stored already.
        var known: (Set<Digest>) async throws -> Set<Digest>
        /// A head's JSON as it was received; nil where retention keeps it no longer.
        var raw: (Digest) async throws -> [UInt8]?
        /// A verified head of this size or a larger one, whose JSON is kept and whose leaves are stored.
        var checkpoint: (UInt64) async throws -> StoredHead?
        /// What the tree of a larger size has at a smaller one.
        var prefix: (UInt64, UInt64) async throws -> Evidence.Prefix?
    }

    /// Adds to a step the findings that are new, as far as the poll's budget goes, with their evidence.
    mutating func addFindings(to step: inout PollStep, _ stored: Stored) async throws {
        let all = drafts.map { ($0, StoredFinding($0.finding, subject: $0.subject, at: now)) }
        let known = try await stored.known(Set(all.map(\.1.fingerprint)))
        var seen: Set<Digest> = []
        // A fork and the split view that it is share one file.
        var made: [[Digest]: Digest] = [:]
        for (draft, finding) in all where !known.contains(finding.fingerprint) {
            guard seen.insert(finding.fingerprint).inserted,
                spend({ $0.takesFinding(finding.finding.rule) })
            else { continue }
            var finding = finding
            if let proof = draft.proof {
                if let hash = made[proof.heads] {
                    finding.evidence = hash
                } else if let evidence = try await evidence(proof, stored) {
                    finding.evidence = evidence.hash
                    made[proof.heads] = evidence.hash
                    step.evidence.append(evidence)
                }
            }
            step.findings.append(finding)
        }
        // Behind those that were made, so that it takes the place of none.
        let untold = keyStep?.untold ?? 0
        spend { $0.leaveOut(untold, of: .keyChanged) }
        for (rule, count) in untoldOfLeaves { spend { $0.leaveOut(count, of: rule) } }
        step.at = now
    }

    private mutating func evidence(_ proof: Proof, _ stored: Stored) async throws -> StoredEvidence? {
        guard (proof.leaves?.count ?? 0) <= log.limits.evidenceLeaves, spend({ $0.takesEvidence() }) else { return nil }
        var exhibits: [Evidence.Exhibit] = []
        for hash in proof.heads {
            guard let exhibit = try await exhibit(hash, stored) else { return try await substitute(proof, stored) }
            exhibits.append(exhibit)
        }
        return evidence(proof, exhibits)
    }

    /// - Returns: nil for what its own checker would not believe: signatures that add up over several heads, or that no JSON
    ///   has room for, do not stand in the two that are shown.
    private func evidence(_ proof: Proof, _ exhibits: [Evidence.Exhibit]) -> StoredEvidence? {
        func file(naming signers: [String]) -> Evidence {
            Evidence(
                kind: proof.kind, log: log.verifier.trust, heads: exhibits, leaves: proof.leaves, prefix: proof.prefix,
                equivocating: signers, created: now, tool: "nexo-watch/\(ToolVersion.current)")
        }
        var signers = proof.signers.sorted()
        // Leaves that do not give a signed root are testimony, and told as that.
        if proof.kind != .rootMismatch {
            let verdict = EvidenceChecker(trust: log.verifier.trust).check(file(naming: signers))
            guard case .proved(_, let signedBoth) = verdict else { return nil }
            signers = signedBoth
        }
        return StoredEvidence(kind: proof.kind, bytes: file(naming: signers).fileBytes)
    }

    /// - Returns: nil where retention keeps the head's JSON no longer.
    private func exhibit(_ hash: Digest, _ stored: Stored) async throws -> Evidence.Exhibit? {
        var raw = heads[hash]?.raw
        if raw == nil { raw = try await stored.raw(hash) }
        guard let raw else { return nil }
        guard let value = try? JSONReader.parse(raw) else { throw DamagedStore("head_json") }
        let place = "\(log.publicURL) via \(heads[hash]?.vantage ?? vantage)"
        return .init(head: value, observed: [.init(from: place, at: heads[hash]?.seenAt ?? now)])
    }

    /// A head whose JSON is kept no longer is stood in for by a larger one whose tree it is part of: that the other head
    /// is no prefix of that tree is proved as well.
    private func substitute(_ proof: Proof, _ stored: Stored) async throws -> StoredEvidence? {
        for hash in proof.heads {
            guard let exhibit = try await exhibit(hash, stored), let head = heads[hash]?.known,
                let checkpoint = try await stored.checkpoint(head.treeSize),
                let other = try await self.exhibit(checkpoint.known.hash, stored),
                let prefix = try await stored.prefix(head.treeSize, checkpoint.known.treeSize), prefix.root != head.root
            else { continue }
            let signers = head.signers.intersection(checkpoint.known.signers)
            let proof = Proof(
                kind: .inconsistent, heads: [hash, checkpoint.known.hash], signers: signers, prefix: prefix)
            if let made = evidence(proof, [exhibit, other]) { return made }
        }
        return nil
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
