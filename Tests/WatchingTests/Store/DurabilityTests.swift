import Foundation
import GRDB
import HostileLog
import Testing

@testable import Watching

/// What is acknowledged survives a power cut, which no test can make; so what SQLite is told is looked at.
struct DurabilityTests {
    @Test(arguments: [false, true])
    func everyCommitIsSynced(isOpenedAgain: Bool) async throws {
        let folder = try ScratchFolder()
        let path = folder.url.appending(path: "watch.db").path
        var store = try SQLiteStore(path: path)
        if isOpenedAgain {
            try store.pool.close()
            store = try SQLiteStore(path: path)
        }
        // On the one connection that writes, inside a transaction as a poll's.
        let (journal, synchronous) = try await store.pool.write { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
        #expect(journal == "wal")
        #expect(synchronous == 2, "FULL, by SQLite's documentation")
    }
}
