import Synchronization

/// Signs of life of one loop: for a watchdog, which starts a watcher again that hangs.
///
/// A log that does not answer is no hang, nor is a catch-up of hours: what counts is that each step ends in its time.
/// Suspended machines age nobody, as systemd counts too.
final class LoopPulse: Sendable {
    /// That of the loop which this task belongs to; nil where nobody watches.
    @TaskLocal static var current: LoopPulse?

    /// Beyond what a step is bounded to: a busy machine is no hang.
    static let leeway = Duration.seconds(60)

    private enum State {
        /// At a step, since its beginning.
        case working(since: SuspendingClock.Instant)
        /// For what another loop holds: alive as long as that one is.
        case waiting
        case sleeping(until: SuspendingClock.Instant)
    }

    let name: String
    /// The longest that a step may take, or a sleeper oversleep.
    private let patience: Duration
    private let state: Mutex<State>

    init(name: String, patience: Duration) {
        self.name = name
        self.patience = patience
        state = Mutex(.working(since: .now))
    }

    /// A step is done, and the next one begins.
    func works() { state.withLock { $0 = .working(since: .now) } }

    func waits() { state.withLock { $0 = .waiting } }

    func sleeps(for duration: Duration) { state.withLock { $0 = .sleeping(until: .now + duration) } }

    var isWaiting: Bool {
        state.withLock { if case .waiting = $0 { true } else { false } }
    }

    func isLate(at now: SuspendingClock.Instant) -> Bool {
        switch state.withLock({ $0 }) {
        case .working(let since): now > since + patience
        case .waiting: false
        case .sleeping(let until): now > until + patience
        }
    }
}
