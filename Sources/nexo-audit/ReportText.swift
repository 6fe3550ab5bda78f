import Auditing

/// Prints what an audit found.
enum ReportText {
    static func show(_ report: AuditReport, json: Bool) {
        let text = json ? report.json() : report.text()
        print(json ? text : Colour.isWanted ? Colour.severities(in: text) : text, terminator: "")
    }
}
