import Logging
import Synchronization

/// One process's turn to tell: who has it says which sinks there are, and what is over. Parts of the process share it, and
/// the last of them gives it back.
final class DeliveryTurn: Sendable {
    private struct State {
        var lock: DeliveryLock?
        var users = 0
    }

    private let path: String
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter store: its path.
    init(beside store: String, logger: Logger) {
        path = store + "-alerts.lock"
        self.logger = logger
    }

    /// - Returns: whether it is ours, and is to be given back; not where another process tells, or where the lock cannot be
    ///   had: the reason is in the log then.
    func take() -> Bool {
        state.withLock { state in
            if state.lock == nil {
                do { state.lock = try DeliveryLock.take(path) } catch {
                    logger.error("alerts cannot be delivered", metadata: ["error": "\(error)"])
                }
            }
            guard state.lock != nil else { return false }
            state.users += 1
            return true
        }
    }

    func giveBack() {
        state.withLock { state in
            state.users -= 1
            if state.users == 0 { state.lock = nil }
        }
    }
}
