import Synchronization

/// A token bucket for each client: so many a second, and as much as was saved up.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Double
    }

    private let rate: Double
    private let burst: Double
    private let maximumClients: Int
    private let now: @Sendable () -> Double
    private let buckets = Mutex<[[UInt8]: Bucket]>([:])

    /// - Parameters:
    ///   - rate: tokens a second; 0 is no limit.
    ///   - now: seconds of a clock that never goes back.
    init(rate: Double, burst: Double, maximumClients: Int, now: @escaping @Sendable () -> Double = RateLimiter.uptime) {
        self.rate = rate
        self.burst = max(burst, 1)
        self.maximumClients = maximumClients
        self.now = now
    }

    /// Takes a token.
    ///
    /// - Returns: nil, or after how many seconds there will be one.
    func take(_ client: [UInt8]) -> Double? {
        guard rate > 0 else { return nil }
        let now = now()
        return buckets.withLock { buckets in
            var bucket = buckets[client] ?? Bucket(tokens: burst, at: now)
            bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
            bucket.at = now
            defer { buckets[client] = bucket }
            if buckets.count >= maximumClients, buckets[client] == nil { Self.forget(&buckets, now, rate, burst) }
            guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / rate }
            bucket.tokens -= 1
            return nil
        }
    }

    /// Makes room: a client whose bucket is full again is like a new one; if all are busy, those longest unseen go.
    private static func forget(_ buckets: inout [[UInt8]: Bucket], _ now: Double, _ rate: Double, _ burst: Double) {
        let before = buckets.count
        buckets = buckets.filter { $0.value.tokens + (now - $0.value.at) * rate < burst }
        guard buckets.count > before / 2 else { return }
        for (client, _) in buckets.sorted(by: { $0.value.at < $1.value.at }).prefix(before / 2) {
            buckets[client] = nil
        }
    }

    /// Clients that are remembered.
    var count: Int { buckets.withLock { $0.count } }

    static let uptime: @Sendable () -> Double = {
        let elapsed = ContinuousClock.now - start
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    private static let start = ContinuousClock.now
}
