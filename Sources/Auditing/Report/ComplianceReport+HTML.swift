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
                page.element("style") { $0.raw(ReportStyle.sheet) }
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
        page.element("div", ["class": "verdict \(document.verdict.tone.rawValue)"]) { page in
            page.element("strong", document.verdict.text)
            page.element("p", document.summary)
        }
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
            case .facts(let facts): Self.write(facts, in: &page)
            case .table(let table): Self.write(table, in: &page)
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

    private static func write(_ facts: [(String, ReportDocument.Cell)], in page: inout HTMLText) {
        page.element("dl") { page in
            for (name, cell) in facts {
                page.newline()
                page.element("dt", name)
                page.element("dd", ["class": cell.tone.rawValue]) { write(cell, in: &$0) }
            }
        }
    }

    private static func write(_ table: ReportDocument.Table, in page: inout HTMLText) {
        let numeric = table.headings.indices.map { column in table.rows.first.map { $0[column].isNumber } ?? false }
        page.element("table") { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for (heading, isNumber) in zip(table.headings, numeric) {
                        page.element("th", ["scope": "col", "class": isNumber ? "number" : "plain"], heading)
                    }
                }
            }
            page.element("tbody") { page in
                for row in table.rows {
                    page.newline()
                    page.element("tr") { page in
                        for (heading, cell) in zip(table.headings, row) {
                            let name = cell.isNumber ? "\(cell.tone.rawValue) number" : cell.tone.rawValue
                            // On a narrow screen a row is a card, and each value stands beside its heading.
                            page.element("td", ["class": name, "data-label": heading]) { write(cell, in: &$0) }
                        }
                    }
                }
            }
        }
    }

    private static func write(_ cell: ReportDocument.Cell, in page: inout HTMLText) {
        // One element in a cell, so that the card's grid has two columns whatever the value is.
        page.element(cell.isCode ? "code" : "span", cell.text)
    }
}
