/// So many bytes a second, a second's worth at once. An answer's size is known when it is here, so what goes beyond is a
/// debt that is waited out before the next one.
struct TokenBucket: Sendable {
    private let rate: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant

    init(bytesPerSecond: Int, now: ContinuousClock.Instant) {
        rate = Double(bytesPerSecond)
        tokens = rate
        last = now
    }

    /// Takes the bytes.
    ///
    /// - Returns: how long to wait before more is fetched.
    mutating func spend(_ bytes: Int, now: ContinuousClock.Instant) -> Duration {
        tokens = min(rate, tokens + (now - last) / .seconds(1) * rate) - Double(bytes)
        last = now
        return tokens >= 0 ? .zero : .seconds(-tokens / rate)
    }
}

/// The bucket that all large answers share.
actor CatchUpRate {
    private var bucket: TokenBucket

    init(bytesPerSecond: Int) { bucket = TokenBucket(bytesPerSecond: bytesPerSecond, now: .now) }

    /// Takes the bytes of an answer that is here, and waits until the next may be asked for.
    func spend(_ bytes: Int) async throws {
        let wait = bucket.spend(bytes, now: .now)
        guard wait > .zero else { return }
        LoopPulse.current?.sleeps(for: wait)
        try await Task.sleep(for: wait)
        LoopPulse.current?.works()
    }
}
