public import Telemetry

extension WatchMetrics {
    /// Every family of the watcher; docs/METRICS.md is made from this list.
    public static let families: [MetricFamily] =
        [
            // Heads.
            .init(
                "nexo_watch_head_tree_size", .gauge, labels: ["log"], help: "Size of the newest verified head."),
            .init(
                "nexo_watch_head_timestamp_seconds", .gauge, labels: ["log"],
                help: "Timestamp of the newest verified head."
            ),
            .init(
                "nexo_watch_max_head_age_seconds", .gauge, labels: ["log"],
                help: "Limit of the newest verified head's age, where one is configured."),
            .init(
                "nexo_watch_seen_tree_size", .gauge, labels: ["log"],
                help: "Largest size of any head that was seen, verified or not."),
            .init(
                "nexo_watch_backlog_leaves", .gauge, labels: ["log"],
                help: "Registrations between the newest verified size and the largest seen."),
            .init(
                "nexo_watch_backlog_heads", .gauge, labels: ["log"], help: "Heads that wait for their leaves."),
            .init(
                "nexo_watch_gap_leaves", .gauge, labels: ["log"],
                help: "Leaves whose heads are missing in gaps of the chain."),
            .init(
                "nexo_watch_clock_skew_seconds", .gauge, labels: ["log"],
                help: "Seconds that this machine's clock is ahead of the log server's."),
            .init(
                "nexo_watch_verified_heads_total", .counter, labels: ["log"], help: "Heads verified."),
            .init(
                "nexo_watch_leaves", .gauge, labels: ["log"],
                help: "Registrations read, as far as a signed root vouches for them."),
            .init(
                "nexo_watch_assurance", .gauge, labels: ["log", "level"],
                help: "1 at the level of assurance that holds for the log."),
            .init(
                "nexo_watch_watched_ids", .gauge, labels: ["log"],
                help: "Ids of the watch-list that are registered, and whose keys are followed."),
            .init(
                "nexo_watch_unfollowed_registrations_total", .counter, labels: ["log"],
                help: "Registrations that a watch-list's pattern matches, of ids beyond limits.watched_ids."),
            // Quorum.
            .init(
                "nexo_watch_quorum_threshold", .gauge, labels: ["log"],
                help: "Cosigners that a head needs: t of the policy."),
            .init(
                "nexo_watch_head_signers", .gauge, labels: ["log"],
                help: "Pinned cosigners with a valid signature under the newest verified head."),
            .init(
                "nexo_watch_cosigner_last_signed_timestamp_seconds", .gauge, labels: ["log", "cosigner"],
                help:
                    "Timestamp of the newest verified head that the cosigner signed; none where it signed none lately."),
            // Findings.
            .init("nexo_watch_findings_total", .counter, labels: ["log", "rule"], help: "Findings, by rule."),
            .init(
                "nexo_watch_fork_detected", .gauge, labels: ["log"],
                help: "1 once a fork was seen, until it is acknowledged."),
            .init("nexo_watch_evidence_total", .counter, labels: ["log"], help: "Files of evidence made."),
            // Polls.
            .init("nexo_watch_polls_total", .counter, labels: ["log", "vantage"], help: "Polls begun."),
            .init(
                "nexo_watch_poll_failures_total", .counter, labels: ["log", "vantage", "reason"],
                help: "Polls that failed, by reason."),
            .init(
                "nexo_watch_last_success_timestamp_seconds", .gauge, labels: ["log"],
                help: "When a poll last succeeded."),
            .init(
                "nexo_watch_poll_duration_seconds",
                .histogram(buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
                help: "Time that polls of all logs took, fetching and judging."),
            .init(
                "nexo_watch_last_poll_duration_seconds", .gauge, labels: ["log"],
                help: "Time that the newest poll took."),
            // The watcher itself.
            .init("nexo_watch_store_bytes", .gauge, help: "Size of the database with its write-ahead log."),
            .init("nexo_watch_build_info", .gauge, labels: ["version"], help: "1, with the version as a label."),
        ] + reloadFamilies + AlertMetrics.families + GossipMetrics.families

    /// The text of docs/METRICS.md. A test holds the file to it; with `NEXO_WRITE_DOCS=1` in its environment, the test
    /// writes the file.
    public static var document: String {
        """
        # Metrics

        What `nexo-watch run` shows at `/metrics`, made from `WatchMetrics.families` in
        Sources/Watching/Status/WatchMetrics+Families.swift. Times are seconds since 1970 by the clock that the text names;
        labels come from closed sets: the configured logs, their pinned cosigners, and sinks, the rules of docs/FINDINGS.md, and
        fixed reasons. Before it is known a gauge is 0, or not there; a counter is there from the start.

        A scraper that asks for OpenMetrics 1.0 gets it, others the Prometheus text format 0.0.4.

        | Metric | Type | What it says |
        | --- | --- | --- |
        \(families.sorted { $0.name < $1.name }.map(\.row).joined(separator: "\n"))

        """
    }
}
