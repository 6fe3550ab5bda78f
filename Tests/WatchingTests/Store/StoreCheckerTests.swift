import Foundation
import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// Every kind of damage is found by the check that is for it, and a whole database has none.
struct StoreCheckerTests {
    /// A watched log of 300 heads that was forked at size 299, with its store.
    private static func watched(_ body: @Sendable @escaping (WatchHarness, TrustFile) async throws -> Void) async throws
    {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(300)
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            _ = try await harness.poll(log.trust())
            var forked = log.prefix(298)
            forked.register("another")
            try forked.publish()
            server.answer(forked.script())
            _ = try await harness.poll(log.trust())
            try await body(harness, log.trust())
        }
    }

    private static func check(_ harness: WatchHarness, _ trust: [TrustFile]) async throws -> StoreCheck {
        try await StoreChecker(path: harness.store, trust: trust, jobs: 2).check()
    }

    /// What a watcher writes while it is checked is no damage.
    @Test func aDatabaseThatGrowsMeanwhile() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(9)
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(5).script())
            _ = try await harness.poll(log.trust())
            let checker = try StoreChecker(path: harness.store, trust: [log.trust()], jobs: 2)
            try checker.hold()
            server.answer(log.script())
            _ = try await harness.poll(log.trust())
            let (held, later) = (try await checker.check(), try await Self.check(harness, [log.trust()]))
            #expect(held.problems == [] && held.logs.first?.counts.heads == 5)
            #expect(later.problems == [] && later.logs.first?.counts.heads == 9)
        }
    }

    /// Inner tiles are read for late heads and evidence alone: damage there would be taken for a fork.
    @Test(arguments: [(0, 0), (1, 0), (1, 1), (2, 0)]) func damageInTheTreesTiles(level: Int, tile: Int) async throws {
        let folder = try ScratchFolder()
        let leaves = (0..<66_000).map { Digest.sha256(Array("\($0)".utf8)) }
        let store = try await StoredTilesTests.filled(leaves, in: folder, steps: [70_000])
        try await store.pool.write {
            try $0.execute(
                sql: """
                    UPDATE tree_tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)
                    WHERE level = ? AND tile = ?
                    """, arguments: [level, tile])
            #expect($0.changesCount == (level == 0 ? 0 : 1))
        }
        let path = folder.url.appending(path: "watch.db").path
        let problems = try await StoreChecker(path: path, trust: [], jobs: 1).check().problems
        #expect(problems == (level == 0 ? [] : ["log: tree_tiles are not those of the leaves"]))
    }

    /// A trust file with a cosigner's next window came when its heads were verified by the others.
    @Test func aSignerByAWindowThatWasOpenedLate() async throws {
        try await Self.watched { harness, trust in
            try await DatabasePool(path: harness.store).write {
                try $0.execute(
                    sql: """
                        INSERT OR IGNORE INTO signer_sets (signers) VALUES ('cosigner_0' || char(10) || 'cosigner_2');
                        UPDATE heads SET signer_set = (SELECT id FROM signer_sets
                            WHERE signers = 'cosigner_0' || char(10) || 'cosigner_2') WHERE id = 7
                        """)
            }
            let cosigners = trust.cosigners.flatMap { entry in
                entry.id != "cosigner_1"
                    ? [entry]
                    : [
                        TrustFile.Cosigner(id: entry.id, publicKey: entry.publicKey, untilTreeSize: 3),
                        TrustFile.Cosigner(id: entry.id, publicKey: entry.publicKey, fromTreeSize: 4),
                    ]
            }
            let later = try TrustFile(
                name: trust.name, canonical: trust.canonical, policy: trust.policy, cosigners: cosigners)
            #expect(later.logID == trust.logID)
            #expect(try await Self.check(harness, [later]).problems == [])
            let problems = try await Self.check(harness, [trust]).problems
            #expect(problems.count == 1 && problems.first?.contains("its signers are not those of its JSON") == true)
        }
    }

    @Test func aWholeDatabase() async throws {
        try await Self.watched { harness, trust in
            let check = try await Self.check(harness, [trust])
            #expect(check.problems == [])
            let counts = try #require(check.logs.first).counts
            #expect(counts.heads == 301 && counts.roots == 300 && counts.leaves == 300 && counts.thinned == 0)
            #expect(counts.signatures >= 600 && counts.findings >= 1 && counts.evidence >= 1)
            // Without the keys the rest is checked, and it is said.
            let unpinned = try await Self.check(harness, [])
            #expect(unpinned.problems == [] && unpinned.logs.first?.isPinned == false)
            #expect(unpinned.logs.first?.counts.signatures == 0)
        }
    }

    @Test(
        arguments: [
            ("UPDATE head_json SET json = CAST('x' AS BLOB) WHERE head = 7", "its JSON was changed"),
            (
                "UPDATE head_json SET (json, sha256) = (SELECT json, sha256 FROM head_json WHERE head = 8) WHERE head = 7",
                "its columns are not what its JSON says"
            ),
            ("UPDATE heads SET timestamp = 5 WHERE id = 7", "its columns are not what its JSON says"),
            ("UPDATE heads SET root = zeroblob(32) WHERE id = 7", "its root is not that of the leaves"),
            (
                "INSERT INTO signer_sets VALUES (99, 'cosigner_2'); UPDATE heads SET signer_set = 99 WHERE id = 7",
                "its signers are not those of its JSON"
            ),
            (
                "INSERT INTO signer_sets VALUES (99, ''); UPDATE heads SET signer_set = 99 WHERE id = 7",
                "is verified, and has no quorum"
            ),
            ("UPDATE heads SET state = 3 WHERE id = 7", "is verified, and continues a contested one"),
            ("UPDATE heads SET state = 1 WHERE id = 7", "logs.verified_count is 300, and 299 heads are verified"),
            ("UPDATE heads SET state = 1 WHERE id = 300", "the newest verified head is 299"),
            ("DELETE FROM head_json WHERE head = 301", "its JSON is missing, and nothing may delete it"),
            ("UPDATE leaf_tiles SET hashes = zeroblob(8192) WHERE tile = 0", "its root is not that of the leaves"),
            ("DELETE FROM leaf_tiles WHERE tile = 1", "tile 1 has 0 bytes for 44 leaves"),
            ("UPDATE tree_tiles SET hashes = zeroblob(32)", "tree_tiles are not those of the leaves"),
            ("UPDATE logs SET frontier = x''", "logs.frontier is not that of the leaves"),
            ("DELETE FROM evidence", "is missing"), ("UPDATE evidence SET bytes = x'7b7d'", "was changed"),
            (
                "INSERT INTO watch_lists VALUES (1, zeroblob(32), 0, 301)",
                "watch_lists.leaf_count is 301, and 300 leaves are stored"
            ),
            (
                "INSERT INTO watched_keys VALUES (1, zeroblob(32), zeroblob(32), 7)",
                "is of size 7, and 0 leaves were read"
            ),
            (
                "INSERT INTO watched_keys VALUES (1, x'00', zeroblob(32), 7)",
                "watched_keys: holds what nexo-watch never"
            ),
            ("DELETE FROM signer_sets", "points to nothing"),
            ("UPDATE heads SET state = 9 WHERE id = 7", "heads.state: holds what nexo-watch never writes"),
        ])
    func damage(sql: String, problem: String) async throws {
        try await Self.watched { harness, trust in
            let queue = try DatabaseQueue(path: harness.store)
            try await queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA foreign_keys = OFF")
                try database.execute(sql: sql)
            }
            let check = try await Self.check(harness, [trust])
            #expect(check.problems.contains { $0.contains(problem) }, "\(check.problems.prefix(3))")
        }
    }

    /// A database that no newer version has opened yet is no damaged one.
    @Test func aDatabaseOfAnOlderVersion() async throws {
        let folder = try ScratchFolder()
        let path = folder.url.appending(path: "watch.db").path
        let old = try DatabasePool(path: path)
        try Schema.migrator.migrate(old, upTo: "6: gossip")
        try await old.write { database in
            try database.execute(
                sql: """
                    INSERT INTO logs (log_id, name, version, seen_size, verified_size, verified_timestamp, verified_count,
                        leaf_count, frontier, leaf_offset, last_leaf_line) VALUES ('id', 'x', 1, 0, 0, 0, 0, 0, x'', 0, x'')
                    """)
        }
        try old.close()
        let checker = try StoreChecker(path: path, trust: [], jobs: 1)
        await #expect {
            try await checker.check()
        } throws: { "\($0)".contains("written by another version") }
        // The daemon brings it up, and does not read all logs anew at once.
        let store = try SQLiteStore(path: path)
        #expect(try await store.position(of: "id").leavesFoundAt > 1_700_000_000)
    }

    @Test func pagesThatSQLiteCannotWalk() async throws {
        try await Self.watched { harness, trust in
            let queue = try DatabaseQueue(path: harness.store)
            try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try queue.close()
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: harness.store))
            try file.seek(toOffset: 3 * 4_096)
            try file.write(contentsOf: Data(repeating: 0x5A, count: 8 * 4_096))
            try file.close()
            let check = try await Self.check(harness, [trust])
            #expect(check.problemsInAll > 0 && check.problems.allSatisfy { $0.hasPrefix("SQLite: ") })
        }
    }
}
