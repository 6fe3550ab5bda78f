import Synchronization

/// Whether the loops of polls go round: for a watchdog, which starts a watcher again that hangs. A log that does not
/// answer is no hang.
final class Liveness: Sendable {
    private let patience: Duration
    private let beats: Mutex<[String: ContinuousClock.Instant]>

    init(_ logs: [WatchedLog]) {
        // Two rounds: the longest wait, and requests that each take their whole time.
        let rounds = logs.map { log in
            max(log.interval, .seconds(log.limits.backoffMax)) + .seconds(log.limits.timeout * 4)
        }
        patience = (rounds.max() ?? .zero) * 2 + .seconds(60)
        let loops = logs.flatMap { log in log.vantages.map { "\(log.logID) \($0.name)" } }
        beats = Mutex(Dictionary(loops.map { ($0, .now) }) { first, _ in first })
    }

    func beat(_ loop: String) { beats.withLock { $0[loop] = .now } }

    func isAlive(at now: ContinuousClock.Instant = .now) -> Bool {
        beats.withLock { $0.values.allSatisfy { now - $0 <= patience } }
    }
}
