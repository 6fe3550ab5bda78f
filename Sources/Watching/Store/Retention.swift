import Foundation
import Logging

/// Thins old heads while the watcher runs, in small steps: each holds the writer for some milliseconds.
struct Retention: Sendable {
    private static let step = 2_000
    private static let pause = Duration.seconds(60)

    let store: SQLiteStore
    let policy: WatchConfiguration.Retention
    let logger: Logger
    let now: @Sendable () -> UInt64

    /// - Throws: where the database is damaged.
    func run() async throws {
        while !Task.isCancelled {
            do {
                // Those that were written since the last pause, and a few more: a policy that was made shorter is
                // followed over hours, and holds up no poll.
                for _ in 0..<50 where !Task.isCancelled {
                    if try await store.thin(policy, now: now(), limit: Self.step).looked < Self.step { break }
                    try await Task.sleep(for: .milliseconds(100))
                }
                try await Task.sleep(for: Self.pause)
            } catch is CancellationError {
                return
            } catch {
                if error.isStoreDamage { throw error }
                logger.warning("old heads cannot be thinned", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}
