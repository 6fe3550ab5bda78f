import Pages
import TransparencyLog

/// All logs for a terminal, a line each, why for those that are not well, and the open alerts by their ids.
public struct StatusTable {
    private let statuses: [LogStatus]
    private let alerts: [StoredAlert]

    public init(_ statuses: [LogStatus], alerts: [StoredAlert]) {
        self.statuses = statuses
        self.alerts = alerts
    }

    public var text: String {
        let headings = ["LOG", "HEALTH", "SIZE", "HEAD AGE", "ASSURANCE", "SIGNERS", "ALERTS", "POLLED"]
        let rows = [headings] + statuses.map(Self.row)
        let widths = headings.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return padded.joined(separator: "  ").trimmedEnd
        }
        let reasons = statuses.filter { $0.health != .ok }.map {
            "\(Self.name($0)): \($0.health.rawValue): \($0.reason)"
        }
        return [lines, reasons, alerts.map(Self.line)].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private static func line(_ alert: StoredAlert) -> String {
        let place = alert.logName.isEmpty ? "" : " in \(Printable.text(alert.logName, limit: 40))"
        let count = alert.count > 1 ? ", \(alert.count) findings" : ""
        let about = [alert.subject, alert.detail].filter { !$0.isEmpty }.joined(separator: ": ")
        let detail = about.isEmpty ? "" : ": \(Printable.text(about, limit: 200))"
        return "alert \(alert.id), \(alert.severity.rawValue): \(alert.kind.rawValue)\(place)\(count), "
            + "since \(UTCTime.text(alert.openedAt))\(detail)"
    }

    private static func name(_ status: LogStatus) -> String { Printable.text(status.log.name, limit: 40) }

    private static func row(_ status: LogStatus) -> [String] {
        let policy = status.log.verifier.trust.policy
        let polled = status.poll?.successAt.map { "\(UTCTime.span(status.now - min(status.now, $0))) ago" }
        return [
            name(status), status.health.rawValue, status.hasHead ? String(status.position.verifiedSize) : "-",
            status.headAge.map(UTCTime.span) ?? "-", status.position.assurance.rawValue,
            status.hasHead ? "\(status.stored?.signers.count ?? 0)/\(policy.n)" : "-", String(status.openAlerts),
            polled ?? "never",
        ]
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
