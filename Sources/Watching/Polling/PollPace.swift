/// How long to wait before the next poll of one log at one vantage: its interval, or longer and longer after failures.
struct PollPace: Sendable {
    /// Between the first polls of two logs, where the interval has room for more.
    private static let longestDistance = Duration.milliseconds(10)
    /// The part of an interval that a log is left alone, however long its polls take.
    private static let rest = 0.1

    private var failures = 0
    let interval: Duration
    /// The longest wait after failures, and the longest that a server may ask for.
    let maximum: Duration

    init(interval: Duration, maximum: Duration) {
        self.interval = interval
        self.maximum = maximum
    }

    /// When the first poll of one of many logs begins: all at once would be late, now and an interval later.
    static func start(of place: Int, among count: Int, interval: Duration) -> Duration {
        min(interval / count, longestDistance) * place
    }

    /// - Parameter took: how long the poll took. The interval runs from its begin, so that a catch-up, or a wait for others'
    ///   catch-ups, makes no later poll late.
    mutating func afterSuccess(took: Duration = .zero) -> Duration {
        failures = 0
        // Jitter, so that many logs with one interval do not ask all at once.
        return max(interval * Double.random(in: 0.95...1.05) - took, interval * Self.rest)
    }

    /// - Parameter retryAfter: seconds that the server asked for.
    mutating func afterFailure(retryAfter: Int? = nil) -> Duration {
        failures = min(failures + 1, 30)
        let cap = max(maximum, interval)
        let wait = max(Backoff(first: interval * 2, maximum: cap).delay(after: failures), interval)
        // Bounded before it is a duration: a server may ask for any number.
        let asked = retryAfter.map { Duration.seconds(min(max($0, 0), Int(cap.components.seconds))) } ?? .zero
        return max(wait, asked)
    }
}
