import Pages

/// The pictures of one log.
struct LogCharts {
    let samples: [HeadSample]
    let activity: CosignerActivity
    let maxHeadAge: Int?

    private var start: UInt64 { samples.first?.time ?? 0 }
    private var end: UInt64 { samples.last?.time ?? 0 }

    func write(in page: inout HTMLText) {
        page.element("div", ["class": "charts"]) { page in
            page.newline()
            page.element("figure") { growth(in: &$0) }
            page.newline()
            page.element("figure") { age(in: &$0) }
            page.newline()
            page.element("figure") { signers(in: &$0) }
        }
    }

    private func caption(_ title: String, _ text: String, in page: inout HTMLText) {
        page.element("figcaption", title)
        page.element("p", text)
    }

    private func frame(maximum: UInt64) -> SVGChart {
        let isShort = end - start < 3 * 86_400
        return SVGChart(start: start, end: end, maximum: maximum) { isShort ? UTCTime.minute($0) : UTCTime.day($0) }
    }

    /// A step: the tree keeps its size until the next head.
    private func growth(in page: inout HTMLText) {
        let title = "Tree growth"
        let largest = samples.map(\.treeSize).max() ?? 0
        guard samples.contains(where: { $0.timestamp != nil }) else {
            return caption(title, "No head in this time.", in: &page)
        }
        caption(title, "Registrations under the newest verified head, up to \(largest).", in: &page)
        let chart = frame(maximum: largest)
        chart.write(title, top: "\(largest) registrations", in: &page) { page in
            var points: [(Double, Double)] = []
            for sample in samples where sample.timestamp != nil {
                let x = chart.x(sample.time)
                if let last = points.last { points.append((x, last.1)) }
                points.append((x, chart.y(sample.treeSize)))
            }
            SVGChart.area(points, base: chart.y(0), in: &page)
        }
    }

    /// The times without a new head that hold a sample's time: every one that is longer than the samples' distance.
    private var gaps: [(from: UInt64, to: UInt64)] {
        var gaps: [(from: UInt64, to: UInt64)] = []
        for sample in samples {
            guard let from = sample.timestamp, gaps.last?.from != from else { continue }
            gaps.append((from, min(sample.nextTimestamp ?? end, end)))
        }
        return gaps
    }

    private func age(in page: inout HTMLText) {
        let title = "Age of the newest head"
        let gaps = gaps
        guard !gaps.isEmpty else { return caption(title, "No head in this time.", in: &page) }
        let longest = gaps.map { $0.to - min($0.from, $0.to) }.max() ?? 0
        let limit = UInt64(maxHeadAge ?? 0)
        // A limit far above every age would flatten the curve: it is then left out, as the caption says it.
        let showsLimit = limit > 0 && limit / 4 <= longest
        let maximum = max(longest, showsLimit ? limit : 0, 1)
        let limitText = limit == 0 ? "No limit is set." : "The limit is \(UTCTime.span(limit))"
        caption(
            title, "At most \(UTCTime.span(longest)). \(limitText)\(limit == 0 ? "" : showsLimit ? ", dashed." : ".")",
            in: &page)
        let chart = frame(maximum: maximum)
        chart.write(title, top: UTCTime.span(maximum), in: &page) { page in
            var points: [(Double, Double)] = []
            for gap in gaps {
                // A gap that began before the chart does is as old as that at the chart's edge.
                let begun = max(gap.from, start)
                points.append((chart.x(begun), chart.y(begun - gap.from)))
                points.append((chart.x(gap.to), chart.y(gap.to - min(gap.from, gap.to))))
            }
            SVGChart.area(points, base: chart.y(0), in: &page)
            if showsLimit {
                SVGChart.line("limit", (chart.x(start), chart.y(limit)), (chart.x(end), chart.y(limit)), in: &page)
            }
        }
    }

    private func signers(in page: inout HTMLText) {
        let title = "Signers of the newest heads"
        guard activity.heads > 0 else { return caption(title, "No head yet.", in: &page) }
        caption(
            title,
            "Of the newest \(activity.heads) verified heads, whatever the time above: signed blue, not signed grey.",
            in: &page)
        let bars = activity.rows.map { row in
            SVGBars.Bar(
                name: row.id, note: "\(row.signed) of \(activity.heads)",
                parts: [
                    .init(count: row.signed, style: "fill-mark", name: "signed"),
                    .init(count: activity.heads - row.signed, style: "fill-muted", name: "not signed"),
                ])
        }
        SVGBars.write(bars, label: title, in: &page)
    }
}
