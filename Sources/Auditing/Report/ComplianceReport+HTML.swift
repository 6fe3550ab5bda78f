import Pages
import TransparencyLog

extension ComplianceReport {
    /// One page that needs nothing else: no script, no font, no picture from elsewhere.
    public func html() -> String {
        let document = ReportDocument(self)
        var page = HTMLText()
        page.raw("<!DOCTYPE html>\n")
        page.element("html", ["lang": "en"]) { page in
            page.element("head") { page in
                page.open("meta", ["charset": "utf-8"])
                page.open("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                // The page shows text that a log wrote: should some of it pass as markup, it still can load nothing.
                page.open(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'",
                    ])
                page.element("title", document.title)
                page.element("style") { $0.raw(PageStyle.sheet) }
            }
            page.newline()
            page.element("body") { page in body(of: document, in: &page) }
        }
        page.newline()
        return page.text
    }

    private func body(of document: ReportDocument, in page: inout HTMLText) {
        page.newline()
        page.element("h1", document.title)
        page.verdict(document.verdict, document.summary)
        var charts: [ReportDocument.Chart] = []
        for block in document.blocks {
            page.newline()
            if case .chart(let chart) = block {
                charts.append(chart)
                continue
            }
            write(&charts, in: &page)
            switch block {
            case .section(let title): page.element("h2", title)
            case .paragraph(let text): page.element("p", text)
            case .facts(let facts): page.facts(facts)
            case .table(let table): page.table(table)
            case .chart: break
            }
        }
        page.newline()
        page.element("footer", "nexo-audit \(ToolVersion.current), report format \(Self.format)")
        page.newline()
    }

    /// Charts that follow each other share one grid.
    private func write(_ charts: inout [ReportDocument.Chart], in page: inout HTMLText) {
        guard !charts.isEmpty else { return }
        page.element("div", ["class": "charts"]) { page in
            for chart in charts { ReportCharts(report: self).write(chart, in: &page) }
        }
        charts = []
    }
}
