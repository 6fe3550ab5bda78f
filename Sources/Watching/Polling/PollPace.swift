/// How long to wait before the next poll of one log at one vantage: its interval, or longer and longer after failures.
struct PollPace: Sendable {
    private var failures = 0
    let interval: Duration
    /// The longest wait after failures, and the longest that a server may ask for.
    let maximum: Duration

    init(interval: Duration, maximum: Duration) {
        self.interval = interval
        self.maximum = maximum
    }

    mutating func afterSuccess() -> Duration {
        failures = 0
        // Jitter, so that many logs with one interval do not ask all at once.
        return interval * Double.random(in: 0.95...1.05)
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
