/// A contradiction that a file of evidence proves by itself, the same whoever wrote the file.
public struct ProvedConflict: Hashable, Sendable {
    public let kind: Evidence.Kind
    /// Those who signed both sides.
    public let equivocating: [String]
    /// The two heads, in the file's order.
    public let heads: [ChainVerifier.Known]

    /// Names the contradiction by its two heads: files of two watchers about the same heads prove the same.
    public var id: Digest {
        let hashes = heads.map(\.hash.bytes).sorted { $0.lexicographicallyPrecedes($1) }
        return .sha256(Array("nexo-conflict/v1\n".utf8) + hashes.flatMap { $0 })
    }
}

extension EvidenceChecker {
    /// - Returns: nil where the file proves nothing by itself.
    public func conflict(_ evidence: Evidence) -> ProvedConflict? {
        guard case .proved(let kind, let equivocating) = check(evidence), evidence.heads.count == 2 else { return nil }
        let heads = evidence.heads.compactMap { exhibit in
            (try? SignedTreeHead(exhibit.head)).flatMap { ChainVerifier.Known(verifier.verify($0)) }
        }
        guard heads.count == 2 else { return nil }
        return ProvedConflict(kind: kind, equivocating: equivocating, heads: heads)
    }
}

extension Evidence {
    /// What is kept of a file that somebody else wrote: what was proved, under the reader's own trust file. All else in it
    /// is testimony, and is cut short.
    public func restated(_ conflict: ProvedConflict, trust: TrustFile) -> Evidence {
        func short(_ text: String) -> String { String(text.unicodeScalars.prefix(200)) }
        return Evidence(
            kind: conflict.kind, log: trust,
            heads: heads.map { exhibit in
                Exhibit(
                    head: exhibit.head,
                    observed: exhibit.observed.prefix(4).map { Observation(from: short($0.from), at: $0.at) })
            }, leaves: conflict.kind == .inconsistent ? leaves : nil,
            prefix: conflict.kind == .inconsistent ? prefix : nil, equivocating: conflict.equivocating,
            created: created, tool: short(tool))
    }
}
