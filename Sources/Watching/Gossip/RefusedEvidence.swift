import Synchronization
import TransparencyLog

/// The files of one peer that were of no use: they are not fetched again in each round. In memory, so that another trust
/// file, which makes another watcher, looks at all of them anew.
final class RefusedEvidence: Sendable {
    /// More than a peer may offer of some logs in a round; beyond it all are forgotten, and each is fetched once again.
    private static let most = 4_096

    private let reasons = Mutex<[Digest: GossipMetrics.EvidenceAnswer]>([:])

    func reason(_ file: Digest) -> GossipMetrics.EvidenceAnswer? { reasons.withLock { $0[file] } }

    func remember(_ file: Digest, _ reason: GossipMetrics.EvidenceAnswer) {
        reasons.withLock { reasons in
            if reasons.count >= Self.most { reasons = [:] }
            reasons[file] = reason
        }
    }
}
