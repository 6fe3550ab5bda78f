import Pages
import TransparencyLog

/// The four pictures of a report.
struct ReportCharts {
    let report: ComplianceReport

    private var samples: [HeadSeries.Sample] { report.statistics.series.samples }
    private var start: UInt64 { report.freshness.start ?? 0 }
    private var end: UInt64 { report.freshness.end ?? 0 }

    func write(_ chart: ReportDocument.Chart, in page: inout HTMLText) {
        page.newline()
        page.element("figure") { page in
            switch chart {
            case .growth: growth(in: &page)
            case .age: age(in: &page)
            case .signatures: signatures(in: &page)
            case .findings: findings(in: &page)
            }
        }
    }

    private func caption(_ title: String, _ text: String, in page: inout HTMLText) {
        page.element("figcaption", title)
        page.element("p", text)
    }

    private func growth(in page: inout HTMLText) {
        let largest = samples.map(\.treeSize).max() ?? 0
        let title = "Tree growth"
        guard !samples.isEmpty else { return caption(title, "No head has a time.", in: &page) }
        caption(title, "Registrations under each head, up to \(largest).", in: &page)
        let chart = SVGChart(start: start, end: end, maximum: largest)
        chart.write(title, top: "\(largest) registrations", in: &page) { page in
            var points: [(Double, Double)] = []
            var size: UInt64 = 0
            var previous: UInt64 = 0
            // A step: the tree keeps its size until the next head. A head dated back is a finding, not a curve.
            for sample in samples where sample.lastTimestamp >= previous {
                previous = sample.lastTimestamp
                let x = chart.x(sample.lastTimestamp)
                if !points.isEmpty { points.append((x, chart.y(size))) }
                size = sample.treeSize
                points.append((x, chart.y(size)))
            }
            points.append((chart.x(end), chart.y(size)))
            SVGChart.area(points, base: chart.y(0), in: &page)
        }
    }

    private func age(in page: inout HTMLText) {
        let title = "Head age over the period"
        let limit = report.freshness.limit
        let longest = report.freshness.longestGap
        guard !samples.isEmpty else { return caption(title, "No head has a time.", in: &page) }
        // A limit far above every age would flatten the curve: it is then left out, as the caption says it.
        let maximum = max(longest, limit / 4 > longest ? longest : limit, 1)
        caption(
            title,
            "The age that the newest quorum head had reached; at most \(UTCTime.span(longest)). The limit is "
                + "\(UTCTime.span(limit))\(limit <= maximum ? ", dashed" : "").", in: &page)
        let chart = SVGChart(start: start, end: end, maximum: maximum)
        chart.write(title, top: UTCTime.span(maximum), in: &page) { page in
            var previous = start
            var points: [(Double, Double)] = []
            // A tooth for each head: the age grows to its greatest, and the next head begins again.
            for sample in samples where sample.lastTimestamp >= previous {
                points.append((chart.x(previous), chart.y(0)))
                points.append((chart.x(sample.lastTimestamp), chart.y(sample.greatestAge)))
                previous = sample.lastTimestamp
            }
            if end > previous {
                points.append((chart.x(previous), chart.y(0)))
                points.append((chart.x(end), chart.y(end - previous)))
            }
            SVGChart.area(points, base: chart.y(0), in: &page)
            if limit <= maximum {
                SVGChart.line("limit", (chart.x(start), chart.y(limit)), (chart.x(end), chart.y(limit)), in: &page)
            }
        }
    }

    /// The places of the findings that were kept, in equal parts of the period.
    private func findings(in page: inout HTMLText) {
        let title = "Findings over time"
        let kept = report.audit.findings
        guard !kept.isEmpty else { return caption(title, "No findings.", in: &page) }
        let parts = 40
        var counts = [[Severity: Int]](repeating: [:], count: parts)
        var placed = 0
        for finding in kept {
            guard let time = time(of: finding) else { continue }
            let part = end > start ? Int(Double(time - start) / Double(end - start) * Double(parts)) : 0
            counts[min(max(part, 0), parts - 1)][finding.severity, default: 0] += 1
            placed += 1
        }
        let tallest = counts.map { $0.values.reduce(0, +) }.max() ?? 0
        caption(
            title,
            "\(placed) of \(report.findingsInAll) by the time of their head: violations red, warnings amber, "
                + "unchecked grey.", in: &page)
        guard tallest > 0 else { return }
        let chart = SVGChart(start: start, end: end, maximum: UInt64(tallest))
        chart.write(title, top: "\(tallest) in one column", in: &page) { page in
            let width = Double(SVGChart.width - 24) / Double(parts)
            for (index, column) in counts.enumerated() {
                var stacked: UInt64 = 0
                for severity in Severity.allCases {
                    guard let count = column[severity], count > 0 else { continue }
                    let top = chart.y(stacked + UInt64(count))
                    SVGChart.rectangle(
                        "fill-\(severity.tone.rawValue)", x: 12 + Double(index) * width, y: top, width: width - 1.5,
                        height: chart.y(stacked) - top, title: "\(count) \(severity.rawValue)", in: &page)
                    stacked += UInt64(count)
                }
            }
        }
    }

    /// A registration's place is its line, which is the size that first covers it.
    private func time(of finding: Finding) -> UInt64? {
        let series = report.statistics.series
        let time: UInt64?
        if let size = finding.treeSize {
            time = series.time(ofSize: size)
        } else {
            guard let line = finding.line else { return nil }
            time = finding.rule.isOfLeaves ? series.time(ofSize: UInt64(line)) : series.time(ofHead: line - 1)
        }
        return time.map { min(max($0, start), end) }
    }
}

extension Rule {
    /// Whether its findings stand in the file of the registrations.
    var isOfLeaves: Bool { [.leafMalformed, .leafHashMismatch, .leavesChanged, .keyChanged].contains(self) }
}
