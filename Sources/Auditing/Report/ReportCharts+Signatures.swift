import Pages

extension ReportCharts {
    /// One bar a cosigner: signed, invalid and missed.
    func signatures(in page: inout HTMLText) {
        let title = "Signatures by cosigner"
        page.element("figcaption", title)
        page.element("p", "Of the heads at sizes that its keys are pinned for: signed blue, invalid red, missed grey.")
        let bars = report.statistics.cosigners.map { cosigner in
            SVGBars.Bar(
                name: cosigner.id,
                note: "\(cosigner.signed) of \(cosigner.signed + cosigner.invalid + cosigner.missed)",
                parts: [
                    .init(count: cosigner.signed, style: "fill-mark", name: "signed"),
                    .init(count: cosigner.invalid, style: "fill-bad", name: "invalid"),
                    .init(count: cosigner.missed, style: "fill-muted", name: "missed"),
                ])
        }
        SVGBars.write(bars, label: title, in: &page)
    }
}
