"""Reference server: registrations, answers, and the relay of nexo-server."""

from .grafana import (
    BARS,
    INSTANCE,
    RATE,
    annotation,
    dashboard,
    is_up,
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
    is_up("Servers", "Whether Prometheus can read them."),
    version("nexo_server_build_info"),
    stat("Registrations", "In the log.", "short", target(f"sum(users_count{{{INSTANCE}}})")),
    stat("Heads", "Signed tree heads in the chain.", "short", target(f"sum(sth_count{{{INSTANCE}}})")),
    stat(
        "Age of the newest head",
        "A head is made by a registration, so that a quiet log has an old one.",
        "s",
        target(f"max(time() - (last_sth_timestamp{{{INSTANCE}}} > 0))"),
    ),
    stat("Relay sessions", "Open now.", "short", target(f"sum(ws_sessions{{{INSTANCE}}})")),
    row("Registrations"),
    series(
        "Growth",
        "Registrations and heads.",
        "short",
        target(f"users_count{{{INSTANCE}}}", "{{instance}} registrations"),
        target(f"sth_count{{{INSTANCE}}}", "{{instance}} heads"),
        width=8,
    ),
    series(
        "Registrations",
        "Taken: they and the heads that cover them are on the disk. Refused, by reason; not_stored and not_published"
        " are faults of the disk or the cosigners.",
        "suffix: /s",
        target(f"sum(rate(nexo_server_registrations_total{{{INSTANCE}}}{RATE}))", "taken"),
        target(
            f"sum by (reason) (rate(nexo_server_registrations_refused_total{{{INSTANCE}}}{RATE}))", "refused: {{reason}}"
        ),
        width=8,
    ),
    series(
        "Waiting for the disk",
        "More than the limit is refused as busy.",
        "short",
        target(f"nexo_server_registrations_waiting{{{INSTANCE}}}", "{{instance}}"),
        target(f"nexo_server_registrations_waiting_limit{{{INSTANCE}}}", "{{instance}} limit"),
        width=8,
    ),
    row("Requests"),
    series(
        "Answers by status",
        "All requests but relay sessions.",
        "reqps",
        target(f"sum by (code) (rate(nexo_server_responses_total{{{INSTANCE}}}{RATE}))", "{{code}}"),
        width=8,
        style=BARS,
    ),
    series(
        "Share of faults",
        "Answers with 5xx among all.",
        "percentunit",
        target(
            f'sum(rate(nexo_server_responses_total{{{INSTANCE}, code=~"5.."}}{RATE})) /'
            f" sum(rate(nexo_server_responses_total{{{INSTANCE}}}{RATE}))",
            "5xx",
        ),
        width=8,
        defaults={"max": 1},
    ),
    series(
        "Time of a request",
        "Until the answer's headers were ready; of a registration, until it is on the disk.",
        "s",
        *quantiles("nexo_server_request_duration_seconds"),
        width=8,
    ),
    row("Relay"),
    series(
        "Sessions",
        "Open, and how many may be.",
        "short",
        target(f"ws_sessions{{{INSTANCE}}}", "{{instance}}"),
        target(f"nexo_server_ws_sessions_limit{{{INSTANCE}}}", "{{instance}} limit"),
        width=8,
    ),
    series(
        "Messages",
        "Handed to a session, and dropped: to a session that is not there, or reads too slowly.",
        "suffix: /s",
        target(f"sum(rate(ws_messages_total{{{INSTANCE}}}{RATE}))", "handed over"),
        target(f"sum(rate(ws_undeliverable_total{{{INSTANCE}}}{RATE}))", "dropped"),
        width=8,
    ),
    series(
        "Slow readers",
        "Sessions that were closed, since they read too slowly.",
        "short",
        target(f"sum(increase(ws_slow_readers_total{{{INSTANCE}}}{RATE}))", "closed"),
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
            "Alerts", f'ALERTS{{alertname=~"NexoServer.+", alertstate="firing", {INSTANCE}}}', "{{alertname}}", "red"
        )
    ],
    PANELS,
    [],
)
