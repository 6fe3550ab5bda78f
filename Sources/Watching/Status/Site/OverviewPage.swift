import Pages
import TransparencyLog

/// All logs at a glance, those that need somebody first.
struct OverviewPage {
    let statuses: [LogStatus]
    /// Open alerts that are about no log: a sink that fails, for one.
    let own: [StoredAlert]
    let now: UInt64

    func html() -> String {
        // With nobody told, for one, all is not well, however the logs stand.
        let worst = min(statuses.map(\.health).min() ?? .unknown, own.isEmpty ? .ok : .warning)
        return SitePage(title: "Watched logs", root: "", refresh: 30).html { page in
            page.verdict(.text(worst == .ok ? "all well" : worst.rawValue, worst.tone), summary)
            page.newline()
            page.table(
                PageTable(
                    headings: [
                        "Log", "Health", "Size", "Head age", "Assurance", "Newest head signed by", "Open alerts",
                        "Last polled",
                    ], rows: statuses.map(row)))
            AlertTable.write(own, "Troubles of the watcher itself", in: &page)
            page.element("p", "As of \(UTCTime.text(now)). This page loads itself again every 30 seconds.")
        }
    }

    private var summary: String {
        let counts = LogHealth.allCases.compactMap { health -> String? in
            let count = statuses.count { $0.health == health }
            return count == 0 ? nil : "\(count) \(health.rawValue)"
        }
        return "\(statuses.count) \(statuses.count == 1 ? "log" : "logs"): \(counts.joined(separator: ", "))."
    }

    private func row(_ status: LogStatus) -> [PageCell] {
        let nothing = PageCell.text("–", .muted)
        return [
            .link(Printable.text(status.log.name, limit: 60), to: "log/\(status.log.slug)"),
            .text(status.health.rawValue, status.health.tone),
            PageCell(text: status.hasHead ? String(status.position.verifiedSize) : "–", isNumber: true),
            status.headAge.map { .text(UTCTime.span($0), status.health == .stale ? .warn : .plain) } ?? nothing,
            .text(status.position.assurance.rawValue), status.quorumCell,
            PageCell(
                text: String(status.openAlerts), tone: status.openAlerts > 0 ? status.health.tone : .plain,
                isNumber: true),
            status.polledCell,
        ]
    }
}

extension LogStatus {
    /// Who signed the newest verified head.
    var quorumCell: PageCell {
        let policy = log.verifier.trust.policy
        guard hasHead, let stored else { return .text("–", .muted) }
        let names = stored.signers.map { $0.hasPrefix("cosigner_") ? String($0.dropFirst(9)) : $0 }
        return .text(
            "\(stored.signers.count) of \(policy.n): \(Printable.text(names.joined(separator: ", "), limit: 80))",
            UInt64(stored.signers.count) < policy.t ? .warn : .plain)
    }

    var polledCell: PageCell {
        guard let success = poll?.successAt else { return .text("never", .muted) }
        return .text("\(UTCTime.span(now - min(now, success))) ago", health == .failing ? .warn : .plain)
    }
}
