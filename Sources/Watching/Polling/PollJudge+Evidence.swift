import TransparencyLog

/// Findings and files of evidence, as they are to be stored.
extension PollJudge {
    /// What a store is asked for while findings are made.
    struct Stored {
        /// Those of some fingerprints that are stored already.
        var known: (Set<Digest>) async throws -> Set<Digest>
        /// A head's JSON as it was received.
        var raw: (Digest) async throws -> [UInt8]?
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
    }

    private mutating func evidence(_ proof: Proof, _ stored: Stored) async throws -> StoredEvidence? {
        guard (proof.leaves?.count ?? 0) <= log.limits.evidenceLeaves, spend({ $0.takesEvidence() }) else { return nil }
        var exhibits: [Evidence.Exhibit] = []
        for hash in proof.heads {
            var raw = heads[hash]?.raw
            if raw == nil { raw = try await stored.raw(hash) }
            guard let raw, let value = try? JSONReader.parse(raw) else { throw DamagedStore("heads.raw") }
            let place = "\(log.publicURL) via \(heads[hash]?.vantage ?? vantage)"
            exhibits.append(.init(head: value, observed: [.init(from: place, at: heads[hash]?.seenAt ?? now)]))
        }
        let evidence = Evidence(
            kind: proof.kind, log: log.verifier.trust, heads: exhibits, leaves: proof.leaves,
            equivocating: proof.signers.sorted(), created: now, tool: "nexo-watch/\(ToolVersion.current)")
        return StoredEvidence(kind: proof.kind, bytes: evidence.fileBytes)
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
