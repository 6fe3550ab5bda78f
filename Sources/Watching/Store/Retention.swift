import Foundation
import Logging

/// Thins old heads while the watcher runs, in small steps: each holds the writer for some milliseconds.
struct Retention: Sendable {
    private static let step = 2_000
    private static let pause = Duration.seconds(60)

    let store: SQLiteStore
    let policy: WatchConfiguration.Retention
    let logger: Logger
    let clock: ClockWatch

    /// - Throws: where the database is damaged.
    func run() async throws {
        while !Task.isCancelled {
            do {
                // Before the first time too: our clock may be wrong, and hosts are heard meanwhile that know better.
                try await Task.sleep(for: Self.pause)
                try await thin()
            } catch is CancellationError {
                return
            } catch {
                if error.isStoreDamage { throw error }
                logger.warning("old heads cannot be thinned", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Thins those that were written since the last pause, and a few more: a policy that was made shorter is followed over
    /// hours, and holds up no poll. What is thinned is gone for good, so nothing is while the time is in doubt.
    func thin() async throws {
        for _ in 0..<50 where !Task.isCancelled {
            guard let now = clock.undoubted(),
                try await store.thin(policy, now: now, limit: Self.step).looked == Self.step
            else { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
