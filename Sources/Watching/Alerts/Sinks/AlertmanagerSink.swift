import TransparencyLog

/// Posts to Alertmanager's API v2, which forgets what it is not reminded of: firing alerts are sent again and again, and
/// ended ones for a while (https://prometheus.io/docs/alerting/latest/clients/).
struct AlertmanagerSink: AlertSink {
    let name: String
    let url: String
    /// Where Alertmanager's reader is led to.
    let generatorURL: String
    let authorities: String?
    let resend: Duration
    let timeout: Duration
    let now: @Sendable () -> UInt64

    var remindEvery: Duration? { resend }
    /// Alertmanager groups by itself.
    var groups: Bool { false }

    func send(_ message: AlertMessage) async throws(SinkFailure) -> String {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let call = CurlCall(
            url: base + "/api/v2/alerts", method: .post, headers: ["Content-Type: application/json"],
            body: JSONValue.array([json(message)]).bytes(), authorities: authorities, timeout: timeout)
        return try await call.performHTTP()
    }

    func json(_ message: AlertMessage) -> JSONValue {
        func object(_ members: [(String, String)]) -> JSONValue {
            .object(members.filter { !$0.1.isEmpty }.map { JSONMember($0.0, .string($0.1)) })
        }
        let alert = message.alert
        let evidence = message.items.compactMap(\.evidence).first
        return .object([
            JSONMember(
                "labels",
                object([
                    ("alertname", Self.alertName(alert.kind)), ("log", alert.logName), ("rule", alert.kind.rawValue),
                    ("severity", Self.severity(alert.severity)), ("sink", alert.subject),
                    ("fingerprint", alert.fingerprint.hex),
                ])),
            JSONMember(
                "annotations",
                object([
                    ("summary", alert.kind.documentation), ("description", message.lines.joined(separator: "\n")),
                    ("count", String(alert.count)), ("alert_id", String(alert.id)), ("log_id", alert.logID),
                    ("evidence", evidence?.path ?? ""), ("evidence_sha256", evidence?.sha256.hex ?? ""),
                    ("check", evidence?.check ?? ""), ("acknowledge", message.acknowledge ?? ""),
                ])),
            JSONMember("startsAt", .string(AlertTime.utc(alert.openedAt))),
            JSONMember("endsAt", .string(AlertTime.utc(endsAt(message)))),
            JSONMember("generatorURL", .string(generatorURL)),
        ])
    }

    /// A firing alert ends by itself should nobody send it again, as Prometheus's own do: after four times `resend`.
    private func endsAt(_ message: AlertMessage) -> UInt64 {
        let alert = message.alert
        if message.isTest { return alert.openedAt + 60 }
        guard alert.state == .firing else {
            // An end may not lie before the start, which a clock that was set back would give.
            return max(alert.closedAt ?? alert.updatedAt, alert.openedAt)
        }
        return max(now(), alert.openedAt) + max(300, UInt64(4 * resend.components.seconds))
    }

    /// CamelCase with one prefix, as Prometheus's users write the names of alerts.
    static func alertName(_ kind: AlertKind) -> String {
        "Nexo" + kind.rawValue.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// The severities that Prometheus's users route by.
    static func severity(_ severity: Severity) -> String {
        switch severity {
        case .violation: "critical"
        case .unchecked: "warning"
        case .warning: "info"
        }
    }
}
