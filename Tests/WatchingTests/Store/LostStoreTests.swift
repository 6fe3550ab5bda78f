import Foundation
import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// What was remembered is never begun anew in silence.
struct LostStoreTests {
    private let folder: ScratchFolder
    private let path: String

    init() async throws {
        folder = try ScratchFolder()
        path = folder.url.appending(path: "watch.db").path
        let leaves = try TestLog.honest(300).registrations.map(\.leafHash)
        let store = try await StoredTilesTests.filled(leaves, in: folder, steps: [300])
        try store.pool.close()
    }

    /// With SQLite's own files beside it, which would be read in place of another file's pages.
    private func remove() throws {
        for file in [path, path + "-wal", path + "-shm"] where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
    }

    private func problem() -> String? {
        do {
            _ = try SQLiteStore(path: path)
            return nil
        } catch { return (error as? LostStore)?.description ?? "another error: \(error)" }
    }

    @Test func aStoreIsOpenedAgain() { #expect(problem() == nil) }

    @Test func aMissingStore() throws {
        try remove()
        #expect(problem()?.contains("is missing or empty, and was there before") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
        // A person decided.
        try FileManager.default.removeItem(atPath: path + StoreIdentity.suffix)
        #expect(problem() == nil)
    }

    @Test func anEmptyStore() throws {
        try remove()
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(problem()?.contains("is missing or empty") == true)
    }

    @Test func anotherStore() throws {
        let other = folder.url.appending(path: "other.db").path
        try SQLiteStore(path: other).pool.close()
        try remove()
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: other + suffix) {
            try FileManager.default.moveItem(atPath: other + suffix, toPath: path + suffix)
        }
        #expect(problem()?.contains("is not the database that") == true)
    }

    @Test func aStoreThatIsNone() throws {
        try remove()
        try Data("not a database, and long enough to be read as one".utf8).write(to: URL(fileURLWithPath: path))
        #expect(problem()?.contains("is damaged") == true)
    }

    @Test(
        arguments: [
            "UPDATE logs SET frontier = x''", "DELETE FROM leaf_tiles WHERE tile = 1", "DELETE FROM tree_tiles",
            "UPDATE logs SET leaf_count = 299", "UPDATE logs SET verified_hash = zeroblob(32)",
            "UPDATE logs SET seen_size = -1", "DELETE FROM store",
        ])
    func aPositionThatStandsOnNothing(damage: String) async throws {
        let store = try SQLiteStore(path: path)
        try await store.pool.write { try $0.execute(sql: damage) }
        try store.pool.close()
        #expect(problem()?.contains("is damaged at") == true)
    }

    /// Gossip's connections: positions were checked, and whose place the file has is checked again.
    @Test func moreConnectionsToAStore() async throws {
        let store = try SQLiteStore(path: path)
        let connections = GossipConnections(to: store)
        try await store.pool.write { try $0.execute(sql: "UPDATE logs SET leaf_count = 299") }
        #expect(problem()?.contains("is damaged at") == true)
        let first = try connections.store()
        #expect(first !== store && first.pool !== store.pool)
        #expect(try await first.pool.read { try Int.fetchOne($0, sql: "SELECT leaf_count FROM logs") } == 299)
        // A reload opens none anew.
        #expect(try connections.store() === first)
        try remove()
        #expect(throws: LostStore.self) { try SQLiteStore(beside: store) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// A backup without the file that names it is a store like every other.
    @Test func aStoreWithoutItsName() throws {
        try FileManager.default.removeItem(atPath: path + StoreIdentity.suffix)
        #expect(problem() == nil)
        #expect(FileManager.default.fileExists(atPath: path + StoreIdentity.suffix))
    }
}
