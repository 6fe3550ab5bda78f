import Synchronization

/// So many submissions a minute of one address, and so many heads of all of them. Addresses are kept in memory, no longer
/// than they count.
final class SubmissionLimiter: Sendable {
    private struct Window {
        var began: ContinuousClock.Instant
        var count = 0

        /// Counts more, in a new window where the old one is over.
        mutating func add(_ more: Int, at now: ContinuousClock.Instant) {
            if now - began >= SubmissionLimiter.length { self = Window(began: now) }
            count += more
        }
    }

    private struct State {
        var windows: [SubmitterAddress: Window] = [:]
        /// Heads of all addresses.
        var heads: Window?
        /// When windows that are over were last looked for: that takes time, and a flood must not have it done each time.
        var swept: ContinuousClock.Instant?
    }

    private static let length = Duration.seconds(60)
    private static let sweeps = Duration.seconds(1)
    private let most: Int
    private let addresses: Int
    private let mostHeads: Int
    private let state = Mutex(State())

    init(_ limits: GossipLimits) {
        most = limits.submissionsPerMinute
        addresses = limits.submitters
        mostHeads = limits.headsPerMinute
    }

    /// Whether the address may submit now, a head at least.
    func allows(_ address: String, at now: ContinuousClock.Instant = .now) -> Bool {
        let address = SubmitterAddress(address)
        return state.withLock { state in
            if state.windows[address] == nil, state.windows.count >= addresses {
                Self.sweep(&state, now)
                // So many at once: whoever is new waits, rather than that those who were refused are forgotten.
                guard state.windows.count < addresses else { return false }
            }
            state.windows[address, default: Window(began: now)].add(1, at: now)
            guard state.windows[address, default: Window(began: now)].count <= most else { return false }
            return takes(1, &state, now)
        }
    }

    /// Whether a submission may have so many heads beyond the first.
    func allows(more heads: Int, at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { takes(heads, &$0, now) }
    }

    /// What is refused costs nothing, and is not counted.
    private func takes(_ heads: Int, _ state: inout State, _ now: ContinuousClock.Instant) -> Bool {
        var window = state.heads ?? Window(began: now)
        window.add(heads, at: now)
        guard window.count <= mostHeads else { return false }
        state.heads = window
        return true
    }

    private static func sweep(_ state: inout State, _ now: ContinuousClock.Instant) {
        if let swept = state.swept, now - swept < sweeps { return }
        state.swept = now
        state.windows = state.windows.filter { now - $0.value.began < length }
    }
}
