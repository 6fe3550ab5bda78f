/// How far back the charts of a log go.
enum ChartRange: String, CaseIterable, Sendable {
    case day = "1d"
    case week = "7d"
    case month = "30d"
    case all

    /// Points of time that a chart asks the store for: each is a look-up or two, and there are no others.
    static let points = 240

    private var seconds: UInt64? {
        switch self {
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 30 * 86_400
        case .all: nil
        }
    }

    var title: String {
        switch self {
        case .day: "a day"
        case .week: "7 days"
        case .month: "30 days"
        case .all: "all time"
        }
    }

    /// Points of equal distance from the first head on, or from so long ago.
    func times(first: UInt64, now: UInt64) -> [UInt64] {
        let start = min(max(first, seconds.map { now - min(now, $0) } ?? 0), now)
        let span = now - start
        guard span > 0 else { return [now] }
        // A second has no parts.
        let count = UInt64(min(Self.points, Int(min(span, UInt64(Self.points))) + 1))
        guard count > 1 else { return [now] }
        return (0..<count).map { index in
            let (whole, rest) = span.quotientAndRemainder(dividingBy: count - 1)
            return start + index * whole + index * rest / (count - 1)
        }
    }
}
