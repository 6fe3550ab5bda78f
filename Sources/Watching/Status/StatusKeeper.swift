import Foundation
import Logging

/// What is kept and measured beside the polls: when they were, and how large the store is.
struct StatusKeeper: Sendable {
    /// Between two writes: one small transaction for all logs together.
    private static let interval = Duration.seconds(10)

    let board: PollBoard
    let store: SQLiteStore
    let path: String
    let metrics: WatchMetrics
    let logger: Logger

    /// Until the task is cancelled.
    func run() async {
        // Soon after the start, so that a store that was just made tells something.
        var wait = Duration.seconds(1)
        while !Task.isCancelled {
            try? await Task.sleep(for: wait)
            await keep()
            wait = Self.interval
        }
    }

    func keep() async {
        metrics.show(storeBytes: storeBytes)
        let changes = board.takeChanges()
        do { try await store.keep(changes) } catch {
            board.giveBack(changes)
            if !Task.isCancelled {
                logger.error("the times of polls cannot be stored", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The database with its write-ahead log.
    private var storeBytes: Int {
        ["", "-wal", "-shm"].reduce(0) { sum, suffix in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }
}
