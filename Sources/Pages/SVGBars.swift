/// Horizontal bars, each as wide as the plot and divided by what it is made of.
public enum SVGBars {
    public struct Part: Sendable {
        public var count: Int
        /// A class of the style sheet.
        public var style: String
        public var name: String

        public init(count: Int, style: String, name: String) {
            self.count = count
            self.style = style
            self.name = name
        }
    }

    public struct Bar: Sendable {
        public var name: String
        /// Stands at the right.
        public var note: String
        public var parts: [Part]

        public init(name: String, note: String, parts: [Part]) {
            self.name = name
            self.note = note
            self.parts = parts
        }
    }

    /// Beyond a screenful the table says it better.
    private static let most = 8

    public static func write(_ bars: [Bar], label: String, in page: inout HTMLText) {
        let shown = bars.prefix(most)
        let row = 46
        let height = shown.count * row + (bars.count > shown.count ? 30 : 10)
        page.element("svg", ["viewBox": "0 0 \(SVGChart.width) \(height)", "role": "img", "aria-label": label]) {
            page in
            for (index, bar) in shown.enumerated() {
                let top = index * row
                SVGChart.text(Printable.text(bar.name, limit: 30), x: 12, y: top + 16, in: &page)
                SVGChart.text(bar.note, x: SVGChart.width - 12, y: top + 16, anchor: "end", in: &page)
                let sum = bar.parts.reduce(0) { $0 + $1.count }
                var x = 12.0
                for part in bar.parts where part.count > 0 {
                    let width = Double(SVGChart.width - 24) * Double(part.count) / Double(sum)
                    SVGChart.rectangle(
                        part.style, x: x, y: Double(top + 22), width: width, height: 16,
                        title: "\(part.count) \(part.name)", in: &page)
                    x += width
                }
            }
            if bars.count > shown.count {
                SVGChart.text("and \(bars.count - shown.count) more in the table", x: 12, y: height - 8, in: &page)
            }
        }
    }
}
