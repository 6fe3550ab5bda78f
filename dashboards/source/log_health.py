"""Log health: how the logs stand, all of them or one."""

from .grafana import (
    BARS,
    INSTANCE,
    LOG_LINK,
    STATUS,
    STATUS_LINK,
    annotation,
    dashboard,
    panel,
    row,
    series,
    stat,
    target,
    variable,
)

LOG = INSTANCE + ', log=~"$log"'
VANTAGE = LOG + ', vantage=~"$vantage"'
LINKED = {"links": [LOG_LINK]}


def age(metric):
    return f"time() - (nexo_watch_{metric}{{{LOG}}} > 0)"


def logs_table():
    """One row a log. Each query is one column."""
    columns = {
        "Tree size": f"max by (log) (nexo_watch_head_tree_size{{{LOG}}})",
        "Age of head": f"min by (log) ({age('head_timestamp_seconds')})",
        "Last poll": f"min by (log) ({age('last_success_timestamp_seconds')})",
        "Signers": f"max by (log) (nexo_watch_head_signers{{{LOG}}})",
        "Quorum": f"max by (log) (nexo_watch_quorum_threshold{{{LOG}}})",
        "Backlog": f"max by (log) (nexo_watch_backlog_leaves{{{LOG}}})",
        "Fork": f"max by (log) (nexo_watch_fork_detected{{{LOG}}})",
    }
    names = {f"Value #{letter}": name for letter, name in zip("ABCDEFG", columns, strict=True)}
    seconds = [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": "s"}]}
        for name in ("Age of head", "Last poll")
    ]
    fork = {
        "matcher": {"id": "byName", "options": "Fork"},
        "properties": [
            {
                "id": "mappings",
                "value": [
                    {
                        "type": "value",
                        "options": {"0": {"text": "none", "color": "green"}, "1": {"text": "FORK", "color": "red"}},
                    }
                ],
            },
            {"id": "custom.cellOptions", "value": {"type": "color-text"}},
        ],
    }
    name = {
        "matcher": {"id": "byName", "options": "Log"},
        "properties": [{"id": "links", "value": [LOG_LINK | {"url": "${status}/log/${__value.text:percentencode}"}]}],
    }
    return panel(
        "table",
        "Logs",
        "One row a log, as the watchers know it now; where several watch it, the best that any knows, and the worst of"
        " forks.",
        "short",
        [target(expr, table=True) for expr in columns.values()],
        24,
        8,
        options={"showHeader": True, "sortBy": [{"displayName": "Fork", "desc": True}]},
        overrides=seconds + [fork, name],
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": {"Time": True}, "renameByName": names | {"log": "Log"}}},
        ],
    )


PANELS = [
    row("At a glance"),
    stat(
        "Forks",
        "Logs that showed two histories, and whose alert nobody acknowledged. Anything but none needs somebody now:"
        " docs/RUNBOOK.md, NexoWatchFork.",
        "short",
        target(f"sum(max by (log) (nexo_watch_fork_detected{{{LOG}}}))"),
        steps=[(1, "red")],
    ),
    stat(
        "Violations",
        "Open alerts of promises that logs broke; forks are among them.",
        "short",
        target(f'sum(max by (log) (nexo_watch_alerts_open{{{LOG}, severity="violation"}}))'),
        steps=[(1, "red")],
    ),
    stat(
        "Not checkable",
        "Open alerts of what could not be checked: nothing is known to be wrong, and nothing is known to be right.",
        "short",
        target(f'sum(max by (log) (nexo_watch_alerts_open{{{LOG}, severity="unchecked"}}))'),
        steps=[(1, "orange")],
    ),
    stat(
        "Logs", "Logs that are watched.", "short", target(f"count(max by (log) (nexo_watch_head_tree_size{{{LOG}}}))")
    ),
    stat(
        "Oldest newest head",
        "Age of the newest verified head, of the log where it is oldest. A log without registrations may publish none"
        " for long; max_head_age says how long is too long.",
        "s",
        target(f"max({age('head_timestamp_seconds')})"),
    ),
    stat(
        "Longest unseen",
        "Time since a poll last succeeded, of the log where that is longest ago.",
        "s",
        target(f"max({age('last_success_timestamp_seconds')})"),
        steps=[(600, "orange"), (3600, "red")],
    ),
    logs_table(),
    row("Growth"),
    series(
        "Tree size",
        "Size of the newest verified head, and the largest size that was seen. Seen above verified for long: a backlog,"
        " or heads that do not verify.",
        "short",
        target(f"nexo_watch_head_tree_size{{{LOG}}}", "{{log}} verified"),
        target(f"nexo_watch_seen_tree_size{{{LOG}}}", "{{log}} seen"),
        defaults=LINKED,
    ),
    series(
        "Heads verified",
        "New heads that passed every check.",
        "suffix: heads/s",
        target(f"sum by (log) (rate(nexo_watch_verified_heads_total{{{LOG}}}[$__rate_interval]))", "{{log}}"),
        defaults=LINKED,
    ),
    series(
        "Age of the newest head",
        "Dashed: max_head_age, where one is configured. Above it the log is stale.",
        "s",
        target(age("head_timestamp_seconds"), "{{log}}"),
        target(f"nexo_watch_max_head_age_seconds{{{LOG}}}", "{{log}} limit"),
        defaults=LINKED,
        overrides=[
            {
                "matcher": {"id": "byRegexp", "options": "/ limit$/"},
                "properties": [
                    {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 8]}},
                    {"id": "custom.fillOpacity", "value": 0},
                ],
            }
        ],
    ),
    series(
        "Backlog",
        "Registrations between the verified and the largest seen size, heads that wait for their leaves, and leaves in"
        " gaps of the chain.",
        "short",
        target(f"nexo_watch_backlog_leaves{{{LOG}}}", "{{log}} registrations"),
        target(f"nexo_watch_backlog_heads{{{LOG}}}", "{{log}} heads"),
        target(f"nexo_watch_gap_leaves{{{LOG}}}", "{{log}} in gaps"),
        defaults=LINKED,
    ),
    row("What was found"),
    series(
        "New findings",
        "By rule; docs/FINDINGS.md says what each means. A finding is counted once, however often it is seen.",
        "short",
        target(
            f"topk(20, sum by (log, rule) (increase(nexo_watch_findings_total{{{LOG}}}[$__rate_interval])))",
            "{{log}}: {{rule}}",
        ),
        style=BARS,
    ),
    series(
        "Open alerts",
        "Alerts that nobody acknowledged and that are not over.",
        "short",
        target(f"sum by (log, severity) (nexo_watch_alerts_open{{{LOG}}})", "{{log}}: {{severity}}"),
        defaults=LINKED,
    ),
    series(
        "Files of evidence",
        "Files that prove a contradiction, made since the watcher's start.",
        "short",
        target(f"sum by (log) (nexo_watch_evidence_total{{{LOG}}})", "{{log}}"),
        defaults=LINKED,
    ),
    stat(
        "Leaves that a signed root vouches for",
        "Registrations read. Fewer than the tree's size: roots are not recomputed up to there.",
        "short",
        target(f"max by (log) (nexo_watch_leaves{{{LOG}}})", "{{log}}"),
        width=12,
        height=8,
        text="value_and_name",
        defaults=LINKED,
    ),
    row("Assurance and signers"),
    stat(
        "Assurance",
        "The level that holds: roots recomputed from leaves; heads linked and signed, with leaves that nobody saw; or"
        " unlinked.",
        "none",
        target(f"max by (log, level) (nexo_watch_assurance{{{LOG}}} == 1)", "{{log}}: {{level}}"),
        width=8,
        height=8,
        text="name",
        defaults=LINKED,
    ),
    series(
        "Signers",
        "Cosigners with a valid signature under the newest verified head, and how many a head needs.",
        "short",
        target(f"nexo_watch_head_signers{{{LOG}}}", "{{log}} signed"),
        target(f"nexo_watch_quorum_threshold{{{LOG}}}", "{{log}} needs"),
        width=8,
        defaults=LINKED,
    ),
    series(
        "Cosigners behind",
        "How much older than the newest verified head the last one is that a cosigner signed. A quorum stands without"
        " one of three; without two it does not.",
        "s",
        target(
            f"nexo_watch_head_timestamp_seconds{{{LOG}}} - on (job, instance, log) group_right"
            f" nexo_watch_cosigner_last_signed_timestamp_seconds{{{LOG}}}",
            "{{log}} {{cosigner}}",
        ),
        width=8,
        defaults=LINKED,
    ),
    row("Polls"),
    series(
        "Failed polls by reason",
        "The 20 most frequent. Reasons: no connection, time, TLS, proxy, a bound that was passed, an HTTP status, no"
        " JSON.",
        "short",
        target(
            "topk(20, sum by (log, vantage, reason)"
            f" (increase(nexo_watch_poll_failures_total{{{VANTAGE}}}[$__rate_interval])))",
            "{{log}} at {{vantage}}: {{reason}}",
        ),
        style=BARS,
    ),
    series(
        "Share of polls that failed",
        "By vantage. All of one vantage: a split view would not be seen there.",
        "percentunit",
        target(
            f"sum by (log, vantage) (rate(nexo_watch_poll_failures_total{{{VANTAGE}}}[$__rate_interval])) / sum by"
            f" (log, vantage) (rate(nexo_watch_polls_total{{{VANTAGE}}}[$__rate_interval]))",
            "{{log}} at {{vantage}}",
        ),
        defaults={"max": 1} | LINKED,
    ),
    series(
        "Time of the newest poll",
        "Fetching and judging.",
        "s",
        target(f"nexo_watch_last_poll_duration_seconds{{{LOG}}}", "{{log}}"),
        defaults=LINKED,
    ),
    series(
        "Difference of clocks",
        "Seconds that the watcher's clock is ahead of the log server's. All logs alike: it is the watcher's clock.",
        "s",
        target(f"nexo_watch_clock_skew_seconds{{{LOG}}}", "{{log}}"),
        defaults={"min": None} | LINKED,
    ),
    row("Watch-list and vouching"),
    series(
        "Watched ids",
        "Ids of the watch-list that are registered, and registrations that a pattern matches of ids beyond"
        " limits.watched_ids, which are not followed.",
        "short",
        target(f"nexo_watch_watched_ids{{{LOG}}}", "{{log}} followed"),
        target(
            f"increase(nexo_watch_unfollowed_registrations_total{{{LOG}}}[$__rate_interval])", "{{log}} not followed"
        ),
        defaults=LINKED,
    ),
    series(
        "Vouched size",
        "The newest head that the watcher's key vouched for, where it has one.",
        "short",
        target(f"nexo_watch_vouched_tree_size{{{LOG}}}", "{{log}}"),
        width=8,
        defaults=LINKED,
    ),
    stat(
        "Vouching refused",
        "1: the log's tree does not continue what the key vouched for before.",
        "short",
        target(f"max(nexo_watch_vouching_refused{{{LOG}}})"),
        height=8,
        values={0: ("no", "green"), 1: ("REFUSED", "red")},
    ),
]

DASHBOARD = dashboard(
    "nexo-log-health",
    "NEXO: Log health",
    "How the watched logs stand: their growth, who signs, what was found, and from where they are seen.",
    [
        variable("job", "Job", "label_values(nexo_watch_build_info, job)"),
        variable("instance", "Watcher", 'label_values(nexo_watch_build_info{job=~"$job"}, instance)'),
        variable("log", "Log", f"label_values(nexo_watch_head_tree_size{{{INSTANCE}}}, log)"),
        variable("vantage", "Vantage", f"label_values(nexo_watch_polls_total{{{LOG}}}, vantage)"),
        STATUS,
    ],
    [
        annotation(
            "Findings",
            f"sum by (log, rule) (increase(nexo_watch_findings_total{{{LOG}}}[$__rate_interval])) > 0",
            "{{rule}} in {{log}}",
            "red",
        ),
        annotation(
            "Alerts",
            f'ALERTS{{alertname=~"NexoWatch.+", alertstate="firing", {LOG}}}',
            "{{alertname}} {{log}}",
            "orange",
        ),
    ],
    PANELS,
    [STATUS_LINK],
)
