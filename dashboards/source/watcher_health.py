"""Watcher health: whether the watchers see, tell and keep what they should."""

from .grafana import (
    BARS,
    INSTANCE,
    RATE,
    STATUS,
    STATUS_LINK,
    annotation,
    dashboard,
    is_up,
    panel,
    quantiles,
    row,
    series,
    stat,
    target,
    variable,
    version,
)

PANELS = [
    row("At a glance"),
    is_up(
        "Watchers",
        "Whether Prometheus can read them. One that is down watches nothing: docs/RUNBOOK.md, NexoWatchDown.",
    ),
    version("nexo_watch_build_info"),
    stat(
        "Configuration",
        "Whether watch.yaml could be read when that was tried last. If not, the one before holds.",
        "none",
        target(f"min(nexo_watch_config_last_reload_successful{{{INSTANCE}}})"),
        values={0: ("NOT READ", "red"), 1: ("read", "green")},
    ),
    stat(
        "Configuration read",
        "When the configuration that holds was read: at the start, or by the last reload that succeeded.",
        "dateTimeFromNow",
        target(f"max(nexo_watch_config_last_reload_success_timestamp_seconds{{{INSTANCE}}}) * 1000"),
    ),
    stat(
        "Database",
        "Size with its write-ahead log.",
        "bytes",
        target(f"sum(nexo_watch_store_bytes{{{INSTANCE}}})"),
        steps=[(20e9, "orange")],
    ),
    stat(
        "Logs unseen",
        "Logs without a poll that succeeded for ten minutes.",
        "short",
        target(f"sum((time() - nexo_watch_last_success_timestamp_seconds{{{INSTANCE}}}) > bool 600)"),
        steps=[(1, "orange")],
    ),
    row("Polls"),
    series(
        "Polls",
        "Begun, of all logs at all vantages.",
        "reqps",
        target(f"sum by (instance) (rate(nexo_watch_polls_total{{{INSTANCE}}}{RATE}))", "{{instance}}"),
        width=8,
    ),
    series(
        "Failed polls by reason",
        "Of all logs. One reason for all of them at once: look at this machine's network first.",
        "reqps",
        target(f"sum by (reason) (rate(nexo_watch_poll_failures_total{{{INSTANCE}}}{RATE}))", "{{reason}}"),
        width=8,
        style=BARS,
    ),
    series(
        "Time of a poll",
        "Fetching and judging, over all logs. Near the interval: the watcher falls behind.",
        "s",
        *quantiles("nexo_watch_poll_duration_seconds"),
        width=8,
    ),
    panel(
        "heatmap",
        "Polls by their time",
        "How many polls took how long.",
        "short",
        [
            target(f"sum by (le) (increase(nexo_watch_poll_duration_seconds_bucket{{{INSTANCE}}}{RATE}))", "{{le}}") | {
                "format": "heatmap"
            }
        ],
        12,
        8,
        options={"calculate": False, "yAxis": {"unit": "s"}, "color": {"mode": "scheme", "scheme": "Blues"}},
    ),
    series(
        "Backlog of all logs",
        "Registrations that were seen and are not verified yet. It should come back to nothing.",
        "short",
        target(f"sum by (instance) (nexo_watch_backlog_leaves{{{INSTANCE}}})", "{{instance}}"),
    ),
    row("Alerts"),
    series(
        "Open alerts",
        "Of logs and of the watcher itself, by severity.",
        "short",
        target(f"sum by (severity) (nexo_watch_alerts_open{{{INSTANCE}}})", "{{severity}}"),
    ),
    series(
        "Oldest message that waits",
        "By sink; 0 if none waits. Above ten minutes somebody is not told: NexoWatchAlertQueueOld.",
        "s",
        target(f"nexo_watch_alert_queue_age_seconds{{{INSTANCE}}}", "{{sink}}"),
    ),
    series(
        "Alerts to be told",
        "That a sink is still to be told of.",
        "short",
        target(f"nexo_watch_alert_queue_depth{{{INSTANCE}}}", "{{sink}}"),
    ),
    series(
        "Messages",
        "That a sink took, and that it did not take, at each attempt.",
        "short",
        target(f"sum by (sink) (increase(nexo_watch_alert_deliveries_total{{{INSTANCE}}}{RATE}))", "{{sink}} took"),
        target(
            f"sum by (sink) (increase(nexo_watch_alert_delivery_failures_total{{{INSTANCE}}}{RATE}))", "{{sink}} did not"
        ),
        style=BARS,
    ),
    row("Keeping"),
    series(
        "Database",
        "Size with its write-ahead log. What it grows by: docs/PERFORMANCE.md.",
        "bytes",
        target(f"nexo_watch_store_bytes{{{INSTANCE}}}", "{{instance}}"),
        width=8,
    ),
    series(
        "Starts and reloads",
        "A watcher that crashes and starts again and again shows here.",
        "short",
        target(
            f"changes(nexo_watch_config_last_reload_success_timestamp_seconds{{{INSTANCE}}}[1h])",
            "{{instance}} within an hour",
        ),
        width=8,
    ),
    series(
        "Time of a scrape",
        "That Prometheus needs to read the metrics. Their number goes with logs, vantages and rules.",
        "s",
        target('scrape_duration_seconds{job=~"$job", instance=~"$instance"}', "{{instance}}"),
        width=8,
    ),
    row("Gossip"),
    series(
        "Time since the last round",
        "With each peer. Above an hour: NexoWatchGossipPeerFailing.",
        "s",
        target(f"time() - (nexo_watch_gossip_last_success_timestamp_seconds{{{INSTANCE}}} > 0)", "{{peer}}"),
        width=8,
    ),
    series(
        "Rounds",
        "Begun, and failed, by reason.",
        "short",
        target(f"sum by (peer) (increase(nexo_watch_gossip_rounds_total{{{INSTANCE}}}{RATE}))", "{{peer}} begun"),
        target(
            f"topk(20, sum by (peer, reason) (increase(nexo_watch_gossip_failures_total{{{INSTANCE}}}{RATE})))",
            "{{peer}} failed: {{reason}}",
        ),
        width=8,
    ),
    series(
        "Traffic",
        "Bytes of the peers' answers.",
        "Bps",
        target(f"sum by (peer) (rate(nexo_watch_gossip_bytes_total{{{INSTANCE}}}{RATE}))", "{{peer}}"),
        width=8,
    ),
    series(
        "Heads heard",
        "By what they are beside those verified here; docs/GOSSIP.md has the words. A conflict is a split view.",
        "short",
        target(f"sum by (answer) (increase(nexo_watch_gossip_heads_total{{{INSTANCE}}}{RATE}))", "of peers: {{answer}}"),
        target(
            f"sum by (answer) (increase(nexo_watch_gossip_submitted_heads_total{{{INSTANCE}}}{RATE}))",
            "submitted: {{answer}}",
        ),
        style=BARS,
    ),
    series(
        "Evidence, strangers and refusals",
        "Files of evidence that peers offered, by what came of them; heads of logs that are not watched here;"
        " submissions that were refused.",
        "short",
        target(
            f"sum by (answer) (increase(nexo_watch_gossip_evidence_total{{{INSTANCE}}}{RATE}))", "evidence: {{answer}}"
        ),
        target(
            f"sum by (peer) (increase(nexo_watch_gossip_unknown_logs_total{{{INSTANCE}}}{RATE}))",
            "unknown logs of {{peer}}",
        ),
        target(f"sum by (peer) (increase(nexo_watch_gossip_skipped_total{{{INSTANCE}}}{RATE}))", "{{peer}} skipped"),
        target(f"sum(increase(nexo_watch_gossip_submissions_refused_total{{{INSTANCE}}}{RATE}))", "submissions refused"),
        style=BARS,
    ),
]

DASHBOARD = dashboard(
    "nexo-watcher-health",
    "NEXO: Watcher health",
    "Whether the watchers see what logs do, tell those who should know, and keep what they saw.",
    [
        variable("job", "Job", "label_values(nexo_watch_build_info, job)"),
        variable("instance", "Watcher", 'label_values(nexo_watch_build_info{job=~"$job"}, instance)'),
        STATUS,
    ],
    [
        annotation(
            "Findings",
            f"sum by (log, rule) (increase(nexo_watch_findings_total{{{INSTANCE}}}{RATE})) > 0",
            "{{rule}} in {{log}}",
            "red",
        ),
        annotation(
            "Starts and reloads",
            f"changes(nexo_watch_config_last_reload_success_timestamp_seconds{{{INSTANCE}}}{RATE}) > 0",
            "{{instance}} read its configuration",
            "blue",
        ),
    ],
    PANELS,
    [STATUS_LINK],
)
