import Foundation
import Synchronization

/// What a soak's server saw: each poll of each log, and how late it came.
final class SoakBook: Sendable {
    private struct State {
        var logs: [String: SoakLog] = [:]
        var polled: [String: ContinuousClock.Instant] = [:]
        /// Seconds from one poll of a log to its next one.
        var distances: [Double] = []
        var published = 0
        /// Logs that will show a fork at their next poll, and those that have.
        var forking: Set<String> = []
        var forked: Set<String> = []
        var polls: [String: Int] = [:]
        var isFrozen = false
    }

    private let state: Mutex<State>
    private let interval: Double
    private let pollsPerHead: Int

    /// - Parameters:
    ///   - logs: by their names in paths.
    ///   - interval: seconds between polls of a log, as configured.
    ///   - pollsPerHead: so many polls of a log bring one new head.
    init(_ logs: [String: SoakLog], interval: Int, pollsPerHead: Int) {
        var state = State()
        state.logs = logs
        state.published = logs.values.reduce(0) { $0 + $1.heads.count }
        self.state = Mutex(state)
        self.interval = Double(interval)
        self.pollsPerHead = pollsPerHead
    }

    /// A poll's answer, with a new head when it is time for one. A larger limit is the same poll going on.
    func chain(_ name: String, limit: Int) -> String? {
        let now = ContinuousClock.now
        // Copied out of the lock before it is joined to a text.
        let log: SoakLog? = state.withLock { state in
            if limit <= Soak.pollLimit {
                if let last = state.polled.updateValue(now, forKey: name) {
                    state.distances.append((now - last) / .seconds(1))
                }
                grow(name, in: &state)
            }
            return state.logs[name]
        }
        return log?.chain(limit: limit)
    }

    private func grow(_ name: String, in state: inout State) {
        guard state.logs[name] != nil else { return }
        let now = UInt64(Date().timeIntervalSince1970)
        state.polls[name, default: 0] += 1
        if state.forking.remove(name) != nil {
            state.logs[name]?.fork(at: now)
            state.forked.insert(name)
        } else if !state.isFrozen, !state.forked.contains(name), state.polls[name, default: 0] % pollsPerHead == 0 {
            state.logs[name]?.publish(at: now)
            state.published += 1
        }
    }

    func users(_ name: String) -> [UInt8]? { state.withLock { $0.logs[name]?.users } }

    /// So many logs show a fork at their next poll, and grow no more.
    func fork(_ count: Int) {
        state.withLock { $0.forking = Set($0.logs.keys.sorted().prefix(count)).subtracting($0.forked) }
    }

    /// No log grows any more, so that all that is published can be verified.
    func freeze() { state.withLock { $0.isFrozen = true } }

    /// One figure a line. Logs that were not polled of late are late too.
    var report: String {
        let (state, now) = state.withLock { ($0, ContinuousClock.now) }
        let waiting = state.polled.values.map { (now - $0) / .seconds(1) }.filter { $0 > interval }
        let lateness = (state.distances + waiting).map { $0 - interval }.sorted()
        func quantile(_ share: Double) -> Double {
            lateness.isEmpty ? 0 : lateness[min(Int(Double(lateness.count) * share), lateness.count - 1)]
        }
        let figures: [(String, String)] = [
            ("logs", "\(state.logs.count)"), ("logs_polled", "\(state.polled.count)"),
            ("polls", "\(state.distances.count + state.polled.count)"), ("published_heads", "\(state.published)"),
            ("forked_logs", "\(state.forked.count)"),
            ("late_p50_seconds", Self.text(quantile(0.5))), ("late_p99_seconds", Self.text(quantile(0.99))),
            ("late_max_seconds", Self.text(lateness.last ?? 0)), ("server_cpu_seconds", Self.text(CPUClock.seconds)),
        ]
        return figures.map { "\($0) \($1)\n" }.joined()
    }

    private static func text(_ value: Double) -> String { String(format: "%.3f", value) }
}
