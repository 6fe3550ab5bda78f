import Pages
import TransparencyLog

/// All logs for a terminal, a line each, and why for those that are not well.
public struct StatusTable {
    private let statuses: [LogStatus]

    public init(_ statuses: [LogStatus]) { self.statuses = statuses }

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
        return (lines + (reasons.isEmpty ? [] : [""] + reasons)).joined(separator: "\n")
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
