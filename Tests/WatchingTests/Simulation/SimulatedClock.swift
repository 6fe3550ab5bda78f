import Synchronization

/// The time of a schedule: it moves when a step says so, and never by itself.
final class SimulatedClock: Sendable {
    private struct State {
        var elapsed: UInt64 = 0
        var error: Int64 = 0
    }

    private static let start: UInt64 = 1_700_001_000
    private let base = ContinuousClock.now
    private let state = Mutex(State())

    /// Seconds since 1970, as they really are.
    var time: UInt64 { Self.start + state.withLock { $0.elapsed } }

    /// Seconds since 1970, as the watcher's machine says.
    var wall: UInt64 { state.withLock { UInt64(Int64(Self.start + $0.elapsed) + $0.error) } }

    /// The clock that nobody sets.
    var steady: ContinuousClock.Instant { base + .seconds(state.withLock { $0.elapsed }) }

    func advance(_ seconds: UInt64) { state.withLock { $0.elapsed += seconds } }

    /// Sets the machine's clock so many seconds ahead of the truth.
    func set(ahead seconds: Int64) { state.withLock { $0.error = seconds } }
}
