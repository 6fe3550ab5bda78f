/// Waiting times after failures: doubled each time up to a cap, with jitter, so that many do not come back at once.
struct BackOff: Sendable {
    let first: Duration
    let maximum: Duration

    /// - Parameter failures: in a row, from 1.
    func delay(after failures: Int) -> Duration {
        // Beyond 2^20 the cap is reached whatever the first is.
        let full = min(maximum, first * (1 << min(failures - 1, 20)))
        return full * Double.random(in: 0.5...1)
    }
}
