/// A chart's frame: a plot over a span of time, with labels at its edges. Coordinates are whole units or tenths.
struct SVGChart {
    static let width = 480
    static let height = 210
    private static let (left, right, top, bottom) = (12, 12, 22, 26)

    let start: UInt64
    let end: UInt64
    /// The value at the top of the plot.
    let maximum: UInt64

    /// Tenths of a unit are written in digits of our own: no library's idea of a number gets into the bytes.
    private static func coordinate(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    private func fraction(_ time: UInt64) -> Double {
        guard end > start, time > start else { return 0 }
        return Double(min(time, end) - start) / Double(end - start)
    }

    func x(_ time: UInt64) -> Double {
        Double(Self.left) + fraction(time) * Double(Self.width - Self.left - Self.right)
    }

    func y(_ value: UInt64) -> Double {
        let share = maximum == 0 ? 0 : Double(min(value, maximum)) / Double(maximum)
        return Double(Self.height - Self.bottom) - share * Double(Self.height - Self.top - Self.bottom)
    }

    /// The svg element, with the axis and the labels at its ends.
    func write(
        _ label: String, top: String, in page: inout HTMLText, _ body: (inout HTMLText) -> Void
    ) {
        let size = "0 0 \(Self.width) \(Self.height)"
        page.element("svg", ["viewBox": size, "role": "img", "aria-label": label]) { page in
            body(&page)
            Self.line("axis", (Double(Self.left), y(0)), (Double(Self.width - Self.right), y(0)), in: &page)
            Self.text(top, x: Self.left, y: 14, in: &page)
            Self.text(UTCTime.day(start), x: Self.left, y: Self.height - 8, in: &page)
            Self.text(UTCTime.day(end), x: Self.width - Self.right, y: Self.height - 8, anchor: "end", in: &page)
        }
    }

    static func text(_ text: String, x: Int, y: Int, anchor: String = "start", in page: inout HTMLText) {
        page.element("text", ["x": String(x), "y": String(y), "text-anchor": anchor], text)
    }

    static func line(_ style: String, _ from: (Double, Double), _ to: (Double, Double), in page: inout HTMLText) {
        page.element(
            "line",
            [
                "class": style, "x1": coordinate(from.0), "y1": coordinate(from.1), "x2": coordinate(to.0),
                "y2": coordinate(to.1),
            ], "")
    }

    static func rectangle(
        _ style: String, x: Double, y: Double, width: Double, height: Double, title: String, in page: inout HTMLText
    ) {
        page.element(
            "rect",
            [
                "class": style, "x": coordinate(x), "y": coordinate(y), "width": coordinate(max(width, 0.5)),
                "height": coordinate(max(height, 0)),
            ]
        ) { $0.element("title", title) }
    }

    /// A line through the points, and the area under it.
    static func area(_ points: [(Double, Double)], base: Double, in page: inout HTMLText) {
        guard let first = points.first, let last = points.last else { return }
        let line = points.map { "\(coordinate($0.0)),\(coordinate($0.1))" }.joined(separator: " ")
        let corners = "\(coordinate(first.0)),\(coordinate(base)) \(line) \(coordinate(last.0)),\(coordinate(base))"
        page.element("polygon", ["class": "area", "points": corners], "")
        page.element("polyline", ["class": "line", "points": line], "")
    }
}
