import Metrics
import TransparencyLog

/// What the store and the polls tell beyond counts.
extension WatchMetrics {
    /// Fixed by the configuration.
    func prepareQuorum(_ log: WatchedLog) {
        let labels = [("log", log.name)]
        meter("quorum_threshold", labels).set(Double(log.verifier.trust.policy.t))
        if let limit = log.maxHeadAge { meter("max_head_age_seconds", labels).set(Double(limit)) }
        _ = counter("evidence_total", labels)
        _ = counter("unfollowed_registrations_total", labels)
    }

    /// - Parameter newest: verified heads, the newest first.
    func showSigners(_ log: WatchedLog, _ newest: [SignedSample]) {
        guard let head = newest.first else { return }
        meter("head_signers", [("log", log.name)]).set(Double(head.signers.count))
        // A batch may hold none by a cosigner that signed before: its time stays, and never goes back.
        for row in CosignerActivity(log, newest).rows {
            guard let last = row.last else { continue }
            meter("cosigner_last_signed_timestamp_seconds", [("log", log.name), ("cosigner", row.id)])
                .set(Double(last))
        }
    }

    func showLastSuccess(_ log: WatchedLog, at time: UInt64) {
        meter("last_success_timestamp_seconds", [("log", log.name)]).set(Double(time))
    }

    func countEvidence(_ count: Int, in log: WatchedLog) {
        counter("evidence_total", [("log", log.name)]).increment(by: Int64(count))
    }

    func show(_ log: WatchedLog, watchedIDs count: Int) { meter("watched_ids", [("log", log.name)]).set(Double(count)) }

    func countUnfollowed(_ count: Int, in log: WatchedLog) {
        counter("unfollowed_registrations_total", [("log", log.name)]).increment(by: Int64(count))
    }

    func took(_ duration: Duration, _ log: WatchedLog) {
        let seconds = duration / .seconds(1)
        Recorder(label: "nexo_watch_poll_duration_seconds", factory: registry).record(seconds)
        meter("last_poll_duration_seconds", [("log", log.name)]).set(seconds)
    }

    func show(storeBytes: Int) { meter("store_bytes", []).set(Double(storeBytes)) }
}
