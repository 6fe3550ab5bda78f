import Pages
import TransparencyLog

/// Open alerts on a page, nothing where there are none.
enum AlertTable {
    static func write(_ alerts: [StoredAlert], _ title: String, in page: inout HTMLText) {
        guard !alerts.isEmpty else { return }
        SitePage.section(title, in: &page)
        let rows = alerts.map { alert -> [PageCell] in
            let about = [alert.subject, alert.detail].filter { !$0.isEmpty }.joined(separator: ": ")
            return [
                .number(alert.id), .text(alert.severity.rawValue, alert.severity.tone), .code(alert.kind.rawValue),
                .number(alert.count), .text(Printable.text(about, limit: 200)), .text(UTCTime.text(alert.openedAt)),
                .text(UTCTime.text(alert.updatedAt)),
            ]
        }
        page.table(
            PageTable(
                headings: ["Alert", "Severity", "Kind", "Findings", "About", "Opened", "Last change"], rows: rows))
    }
}
