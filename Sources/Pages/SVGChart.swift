/// A chart's frame: a plot over a span of time, with labels at its edges. Coordinates are whole units or tenths.
public struct SVGChart {
    public static let width = 480
    public static let height = 210
    private static let (left, right, top, bottom) = (12, 12, 22, 26)

    public let start: UInt64
    public let end: UInt64
    /// The value at the top of the plot.
    public let maximum: UInt64

    /// How a time is written at the plot's ends.
    private let label: (UInt64) -> String

    public init(
        start: UInt64, end: UInt64, maximum: UInt64, label: @escaping (UInt64) -> String = UTCTime.day
    ) {
        self.start = start
        self.end = end
        self.maximum = maximum
        self.label = label
    }

    /// Tenths of a unit are written in digits of our own: no library's idea of a number gets into the bytes.
    private static func coordinate(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    private func fraction(_ time: UInt64) -> Double {
        guard end > start, time > start else { return 0 }
        return Double(min(time, end) - start) / Double(end - start)
    }

    public func x(_ time: UInt64) -> Double {
        Double(Self.left) + fraction(time) * Double(Self.width - Self.left - Self.right)
    }

    public func y(_ value: UInt64) -> Double {
        let share = maximum == 0 ? 0 : Double(min(value, maximum)) / Double(maximum)
        return Double(Self.height - Self.bottom) - share * Double(Self.height - Self.top - Self.bottom)
    }

    /// The svg element, with the axis and the labels at its ends.
    public func write(
        _ label: String, top: String, in page: inout HTMLText, _ body: (inout HTMLText) -> Void
    ) {
        let size = "0 0 \(Self.width) \(Self.height)"
        page.element("svg", ["viewBox": size, "role": "img", "aria-label": label]) { page in
            body(&page)
            Self.line("axis", (Double(Self.left), y(0)), (Double(Self.width - Self.right), y(0)), in: &page)
            Self.text(top, x: Self.left, y: 14, in: &page)
            Self.text(self.label(start), x: Self.left, y: Self.height - 8, in: &page)
            Self.text(self.label(end), x: Self.width - Self.right, y: Self.height - 8, anchor: "end", in: &page)
        }
    }

    public static func text(_ text: String, x: Int, y: Int, anchor: String = "start", in page: inout HTMLText) {
        page.element("text", ["x": String(x), "y": String(y), "text-anchor": anchor], text)
    }

    public static func line(_ style: String, _ from: (Double, Double), _ to: (Double, Double), in page: inout HTMLText)
    {
        page.element(
            "line",
            [
                "class": style, "x1": coordinate(from.0), "y1": coordinate(from.1), "x2": coordinate(to.0),
                "y2": coordinate(to.1),
            ], "")
    }

    public static func rectangle(
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
    public static func area(_ points: [(Double, Double)], base: Double, in page: inout HTMLText) {
        guard let first = points.first, let last = points.last else { return }
        let line = points.map { "\(coordinate($0.0)),\(coordinate($0.1))" }.joined(separator: " ")
        let corners = "\(coordinate(first.0)),\(coordinate(base)) \(line) \(coordinate(last.0)),\(coordinate(base))"
        page.element("polygon", ["class": "area", "points": corners], "")
        page.element("polyline", ["class": "line", "points": line], "")
    }
}
