import TransparencyLog

extension AlertMessage {
    private static let quotedBytes = 300

    /// What and where, in a few words: the subject of a mail.
    var title: String {
        let place = alert.logName.isEmpty ? "" : " in \(PlainText.line(alert.logName))"
        let sink = alert.subject.isEmpty ? "" : " (\(PlainText.line(alert.subject)))"
        let count = alert.count > 1 ? ", \(alert.count) findings" : ""
        let state = alert.state == .firing ? "\(alert.severity.rawValue)" : alert.state.rawValue
        return isTest ? "test" : "\(state): \(alert.kind.rawValue)\(place)\(sink)\(count)"
    }

    /// The whole message for people, line by line.
    var lines: [String] {
        var lines = [alert.kind.documentation, ""]
        if !alert.logID.isEmpty { lines.append("Log: \(PlainText.line(alert.logName)), log_id \(alert.logID)") }
        if !alert.subject.isEmpty { lines.append("Sink: \(PlainText.line(alert.subject))") }
        lines.append("Severity: \(alert.severity.rawValue)")
        lines.append(stateLine)
        if !alert.detail.isEmpty { lines.append(quoted(alert.detail)) }
        if alert.count > 0 {
            let rest = alert.count - Int64(items.count)
            lines.append("Findings: \(alert.count)" + (rest > 0 ? "; the first \(items.count) are" : ""))
        }
        for item in items {
            let place = item.finding.treeSize.map { "at size \($0): " } ?? ""
            lines.append("- \(place)expected \(quoted(item.finding.expected)); found \(quoted(item.finding.found))")
            guard let evidence = item.evidence else { continue }
            lines.append("  evidence: \(PlainText.line(evidence.path)), SHA-256 \(evidence.sha256.hex)")
            lines.append(
                evidence.isOnDisk
                    ? "  check: \(PlainText.line(evidence.check))"
                    : "  The file could not be written yet; the watcher's store has it.")
        }
        lines.append("Alert \(alert.id), revision \(alert.revision), fingerprint \(alert.fingerprint.hex)")
        if let acknowledge { lines += ["", "When it is dealt with:", PlainText.line(acknowledge)] }
        return lines
    }

    private var stateLine: String {
        let since = "since \(AlertTime.utc(alert.openedAt))"
        switch alert.state {
        case .firing: return "State: firing \(since)"
        case .resolved: return "State: resolved at \(AlertTime.utc(alert.closedAt ?? alert.updatedAt)), \(since)"
        case .acknowledged:
            let by = alert.acknowledgement.map {
                " by \(PlainText.line($0.by)) at \(AlertTime.utc($0.at)): \(quoted($0.note))"
            }
            return "State: acknowledged\(by ?? "")"
        }
    }

    private func quoted(_ text: String) -> String {
        PlainText.line(PlainText.bounded(text, maximumBytes: Self.quotedBytes))
    }
}
