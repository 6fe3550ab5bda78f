import TransparencyLog

/// Who signed the newest verified heads.
struct CosignerActivity: Sendable {
    struct Row: Sendable {
        var id: String
        var signed: Int
        /// Seconds since 1970, by the log's own time.
        var last: UInt64?
    }

    let heads: Int
    /// Every pinned cosigner, in the order of the trust file.
    let rows: [Row]

    init(_ log: WatchedLog, _ samples: [SignedSample]) {
        var signed: [String: (count: Int, last: UInt64)] = [:]
        for sample in samples {
            for signer in sample.signers {
                let before = signed[signer] ?? (0, 0)
                signed[signer] = (before.count + 1, max(before.last, sample.timestamp))
            }
        }
        heads = samples.count
        rows = log.cosignerIDs.map { Row(id: $0, signed: signed[$0]?.count ?? 0, last: signed[$0]?.last) }
    }
}

extension WatchedLog {
    /// The pinned cosigners, each once, in the order of the trust file.
    var cosignerIDs: [String] {
        var seen: Set<String> = []
        return verifier.trust.cosigners.map(\.id).filter { seen.insert($0).inserted }
    }
}
