extension ReportCharts {
    /// One bar a cosigner: signed, invalid and missed.
    func signatures(in page: inout HTMLText) {
        let title = "Signatures by cosigner"
        page.element("figcaption", title)
        page.element("p", "Of the heads at sizes that its keys are pinned for: signed blue, invalid red, missed grey.")
        let cosigners = report.statistics.cosigners
        // Beyond a screenful the table says it better.
        let shown = cosigners.prefix(8)
        let row = 46
        let height = shown.count * row + (cosigners.count > shown.count ? 30 : 10)
        page.element("svg", ["viewBox": "0 0 \(SVGChart.width) \(height)", "role": "img", "aria-label": title]) {
            page in
            for (index, cosigner) in shown.enumerated() {
                let top = index * row
                let heads = cosigner.signed + cosigner.invalid + cosigner.missed
                SVGChart.text(Printable.text(cosigner.id, limit: 30), x: 12, y: top + 16, in: &page)
                SVGChart.text(
                    "\(cosigner.signed) of \(heads)", x: SVGChart.width - 12, y: top + 16, anchor: "end", in: &page)
                var x = 12.0
                let parts = [
                    (cosigner.signed, "mark", "signed"), (cosigner.invalid, "bad", "invalid"),
                    (cosigner.missed, "muted", "missed"),
                ]
                for (count, tone, name) in parts where count > 0 {
                    let width = Double(SVGChart.width - 24) * Double(count) / Double(heads)
                    SVGChart.rectangle(
                        "fill-\(tone)", x: x, y: Double(top + 22), width: width, height: 16,
                        title: "\(count) \(name)", in: &page)
                    x += width
                }
            }
            if cosigners.count > shown.count {
                SVGChart.text(
                    "and \(cosigners.count - shown.count) more in the table", x: 12, y: height - 8, in: &page)
            }
        }
    }
}
