import Metrics
import Telemetry
import TransparencyLog

/// The metrics of gossip; the peers of the configuration are its labels.
struct GossipMetrics: Sendable {
    /// What came of a piece of evidence that a peer offered.
    enum EvidenceAnswer: String, CaseIterable, Sendable {
        case new, known, unproven, malformed
        case unknownLog = "unknown_log"
        /// The log has as many proofs against it as are kept.
        case enough
    }

    private let registry: PrometheusRegistry

    init(_ metrics: WatchMetrics) { registry = metrics.registry }

    /// Makes every series of the peers and logs.
    ///
    /// - Parameters:
    ///   - knownPeers: whose series go on as they are.
    ///   - knownLogs: likewise.
    func prepare(
        _ peers: [String], _ logs: [WatchedLog], vouches: Bool, knownPeers: Set<String>, knownLogs: Set<String>
    ) {
        for peer in peers {
            for name in ["rounds", "bytes", "unknown_logs", "skipped"] {
                _ = counter("gossip_\(name)_total", [("peer", peer)])
            }
            for reason in FetchError.Reason.allCases { _ = failures(peer, reason) }
            for answer in GossipAnswer.allCases { _ = heads(peer, answer) }
            for answer in EvidenceAnswer.allCases { _ = evidence(peer, answer) }
            if !knownPeers.contains(peer) { succeeded(peer, at: 0) }
        }
        for answer in GossipAnswer.allCases { _ = submissions(answer) }
        _ = counter("gossip_submissions_refused_total", [])
        for log in logs where vouches && !knownLogs.contains(log.name) { show(log, .nothing) }
    }

    func began(_ peer: String) { counter("gossip_rounds_total", [("peer", peer)]).increment() }

    func received(_ bytes: Int, of peer: String) {
        counter("gossip_bytes_total", [("peer", peer)]).increment(by: Int64(bytes))
    }

    func countUnknownLogs(_ count: Int, of peer: String) {
        counter("gossip_unknown_logs_total", [("peer", peer)]).increment(by: Int64(count))
    }

    func skipped(_ peer: String) { counter("gossip_skipped_total", [("peer", peer)]).increment() }

    func failed(_ peer: String, _ reason: FetchError.Reason) { failures(peer, reason).increment() }
    func count(_ answer: GossipAnswer, of peer: String) { heads(peer, answer).increment() }
    func count(_ answer: EvidenceAnswer, of peer: String) { evidence(peer, answer).increment() }
    func submitted(_ answer: GossipAnswer) { submissions(answer).increment() }

    private func failures(_ peer: String, _ reason: FetchError.Reason) -> Counter {
        counter("gossip_failures_total", [("peer", peer), ("reason", reason.rawValue)])
    }

    private func heads(_ peer: String, _ answer: GossipAnswer) -> Counter {
        counter("gossip_heads_total", [("peer", peer), ("answer", answer.rawValue)])
    }

    private func evidence(_ peer: String, _ answer: EvidenceAnswer) -> Counter {
        counter("gossip_evidence_total", [("peer", peer), ("answer", answer.rawValue)])
    }

    private func submissions(_ answer: GossipAnswer) -> Counter {
        counter("gossip_submitted_heads_total", [("answer", answer.rawValue)])
    }

    func succeeded(_ peer: String, at now: UInt64) {
        gauge("gossip_last_success_timestamp_seconds", [("peer", peer)]).set(Double(now))
    }

    func refusedSubmission() { counter("gossip_submissions_refused_total", []).increment() }

    func show(_ log: WatchedLog, _ outcome: VouchOutcome) {
        if case .signed(let size) = outcome { gauge("vouched_tree_size", [("log", log.name)]).set(Double(size)) }
        let isRefused = if case .refused = outcome { true } else { false }
        showVouching(log, isRefused: isRefused)
    }

    /// Until somebody sees to it.
    func showVouching(_ log: WatchedLog, isRefused: Bool) {
        gauge("vouching_refused", [("log", log.name)]).set(isRefused ? 1 : 0)
    }

    private func counter(_ name: String, _ labels: [(String, String)]) -> Counter {
        Counter(label: "nexo_watch_\(name)", dimensions: labels, factory: registry)
    }

    private func gauge(_ name: String, _ labels: [(String, String)]) -> Meter {
        Meter(label: "nexo_watch_\(name)", dimensions: labels, factory: registry)
    }

    static let families: [MetricFamily] = [
        .init(
            "nexo_watch_gossip_rounds_total", .counter, labels: ["peer"], help: "Rounds of gossip begun with a peer."),
        .init(
            "nexo_watch_gossip_failures_total", .counter, labels: ["peer", "reason"],
            help: "Rounds of gossip that failed, by reason."),
        .init(
            "nexo_watch_gossip_bytes_total", .counter, labels: ["peer"], help: "Bytes of a peer's answers."),
        .init(
            "nexo_watch_gossip_heads_total", .counter, labels: ["peer", "answer"],
            help:
                "Heads of a peer, by what they are beside those verified here; no pinned cosigner signed rejected ones."
        ),
        .init(
            "nexo_watch_gossip_evidence_total", .counter, labels: ["peer", "answer"],
            help: "Files of evidence that a peer offered, by what came of them."),
        .init(
            "nexo_watch_gossip_unknown_logs_total", .counter, labels: ["peer"],
            help: "Heads of logs that a peer offered, and that are not watched here."),
        .init(
            "nexo_watch_gossip_skipped_total", .counter, labels: ["peer"],
            help:
                "Heads and files of a peer that wait for the next round, since the log's own answer was judged for long."
        ),
        .init(
            "nexo_watch_gossip_last_success_timestamp_seconds", .gauge, labels: ["peer"],
            help: "When a round with the peer last succeeded."),
        .init(
            "nexo_watch_gossip_submitted_heads_total", .counter, labels: ["answer"],
            help: "Heads that somebody submitted, by the answer."),
        .init(
            "nexo_watch_gossip_submissions_refused_total", .counter,
            help: "Submissions that were refused: malformed, too large, or too many."),
        .init(
            "nexo_watch_vouched_tree_size", .gauge, labels: ["log"],
            help: "Size of the newest head that this watcher's key vouched for."),
        .init(
            "nexo_watch_vouching_refused", .gauge, labels: ["log"],
            help: """
                1 while nothing of the log is vouched for: its tree does not continue what this watcher's key vouched for before, \
                or it is not known what that was.
                """),
    ]
}
