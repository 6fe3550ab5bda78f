"""Reference server: registrations, answers, and the relay of nexo-server."""

from .grafana import BARS, annotation, dashboard, row, series, stat, target, variable

SERVER = 'job=~"$job", instance=~"$instance"'
RATE = "[$__rate_interval]"


def quantile(q):
    return f"histogram_quantile({q}, sum by (le) (rate(nexo_server_request_duration_seconds_bucket{{{SERVER}}}{RATE})))"


PANELS = [
    row("At a glance"),
    stat(
        "Servers",
        "Whether Prometheus can read them.",
        "none",
        target('up{job=~"$job", instance=~"$instance"}', "{{instance}}"),
        values={0: ("DOWN", "red"), 1: ("up", "green")},
        text="value_and_name",
    ),
    stat(
        "Version",
        "Of the running program.",
        "none",
        target(f"max by (instance, version) (nexo_server_build_info{{{SERVER}}})", "{{version}}"),
        text="name",
    ),
    stat("Registrations", "In the log.", "short", target(f"sum(users_count{{{SERVER}}})")),
    stat("Heads", "Signed tree heads in the chain.", "short", target(f"sum(sth_count{{{SERVER}}})")),
    stat(
        "Age of the newest head",
        "A head is made by a registration, so that a quiet log has an old one.",
        "s",
        target(f"max(time() - (last_sth_timestamp{{{SERVER}}} > 0))"),
    ),
    stat("Relay sessions", "Open now.", "short", target(f"sum(ws_sessions{{{SERVER}}})")),
    row("Registrations"),
    series(
        "Growth",
        "Registrations and heads.",
        "short",
        target(f"users_count{{{SERVER}}}", "{{instance}} registrations"),
        target(f"sth_count{{{SERVER}}}", "{{instance}} heads"),
        width=8,
    ),
    series(
        "Registrations",
        "Taken: they and the heads that cover them are on the disk. Refused, by reason; not_stored and not_published"
        " are faults of the disk or the cosigners.",
        "suffix: /s",
        target(f"sum(rate(nexo_server_registrations_total{{{SERVER}}}{RATE}))", "taken"),
        target(
            f"sum by (reason) (rate(nexo_server_registrations_refused_total{{{SERVER}}}{RATE}))", "refused: {{reason}}"
        ),
        width=8,
    ),
    series(
        "Waiting for the disk",
        "More than the limit is refused as busy.",
        "short",
        target(f"nexo_server_registrations_waiting{{{SERVER}}}", "{{instance}}"),
        target(f"nexo_server_registrations_waiting_limit{{{SERVER}}}", "{{instance}} limit"),
        width=8,
    ),
    row("Requests"),
    series(
        "Answers by status",
        "All requests but relay sessions.",
        "reqps",
        target(f"sum by (code) (rate(nexo_server_responses_total{{{SERVER}}}{RATE}))", "{{code}}"),
        width=8,
        style=BARS,
    ),
    series(
        "Share of faults",
        "Answers with 5xx among all.",
        "percentunit",
        target(
            f'sum(rate(nexo_server_responses_total{{{SERVER}, code=~"5.."}}{RATE})) /'
            f" sum(rate(nexo_server_responses_total{{{SERVER}}}{RATE}))",
            "5xx",
        ),
        width=8,
        defaults={"max": 1},
    ),
    series(
        "Time of a request",
        "Until the answer's headers were ready; of a registration, until it is on the disk.",
        "s",
        target(quantile(0.5), "half below"),
        target(quantile(0.9), "nine of ten below"),
        target(quantile(0.99), "99 of 100 below"),
        width=8,
    ),
    row("Relay"),
    series(
        "Sessions",
        "Open, and how many may be.",
        "short",
        target(f"ws_sessions{{{SERVER}}}", "{{instance}}"),
        target(f"nexo_server_ws_sessions_limit{{{SERVER}}}", "{{instance}} limit"),
        width=8,
    ),
    series(
        "Messages",
        "Handed to a session, and dropped: to a session that is not there, or reads too slowly.",
        "suffix: /s",
        target(f"sum(rate(ws_messages_total{{{SERVER}}}{RATE}))", "handed over"),
        target(f"sum(rate(ws_undeliverable_total{{{SERVER}}}{RATE}))", "dropped"),
        width=8,
    ),
    series(
        "Slow readers",
        "Sessions that were closed, since they read too slowly.",
        "short",
        target(f"sum(increase(ws_slow_readers_total{{{SERVER}}}{RATE}))", "closed"),
        width=8,
        style=BARS,
    ),
]

DASHBOARD = dashboard(
    "nexo-reference-server",
    "NEXO: Reference server",
    "Registrations, answers and the relay of nexo-server; sizes and sessions of a field server too.",
    [
        variable("job", "Job", "label_values(process_up, job)"),
        variable("instance", "Server", 'label_values(process_up{job=~"$job"}, instance)'),
    ],
    [
        annotation(
            "Alerts", f'ALERTS{{alertname=~"NexoServer.+", alertstate="firing", {SERVER}}}', "{{alertname}}", "red"
        )
    ],
    PANELS,
    [],
)
