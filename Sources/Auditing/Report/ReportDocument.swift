import Pages

/// A report as a sequence of blocks, for the forms that people read. Renderers know layout, and only this the content.
struct ReportDocument {
    typealias Tone = Pages.Tone
    typealias Cell = PageCell
    typealias Table = PageTable

    enum Block {
        case section(String)
        case paragraph(String)
        /// Names and values.
        case facts([(String, Cell)])
        case table(Table)
        case chart(Chart)
    }

    enum Chart: CaseIterable {
        case growth, age, signatures, findings
    }

    let title: String
    let verdict: Cell
    let summary: String
    let blocks: [Block]
}

extension ReportDocument {
    init(_ report: ComplianceReport) {
        title = "Audit of the key transparency log \(report.name)"
        summary = report.summary
        verdict =
            switch report.audit.verdict {
            case .clean: .text("clean", .good)
            case .violation: .text("violation", .bad)
            case .incomplete: .text("incomplete", .warn)
            }
        blocks =
            Self.scope(report) + Self.charts + Self.ruleSection(report) + Self.freshness(report)
            + Self.cosigners(report) + Self.keys(report) + Self.findings(report) + Self.controls(report)
            + Self.inputs(report)
    }

    static let chartSection = "The period in pictures"

    private static var charts: [Block] { [.section(chartSection)] + Chart.allCases.map { .chart($0) } }
}
