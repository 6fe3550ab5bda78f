import Foundation
import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// What a watcher signs, it never contradicts: not after a restart, nor with a database from a backup.
struct VouchingTests {
    private struct Fixture {
        let harness: WatchHarness
        let key: CosignerSigningKey
        var store: String { harness.store }
        var record: SigningRecord { SigningRecord(store: store, key: key.publicKey) }

        init(_ url: String) throws {
            harness = try WatchHarness(url: url)
            let seed = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: 7, count: 32)))
            key = try #require(CosignerSigningKey(name: "watch.example/w1", key: seed))
        }

        func vouch(_ logID: String, at now: UInt64 = 1_700_001_000, keeping limit: Int = 1_000) async throws
            -> VouchOutcome?
        {
            try await SQLiteStore(path: store).vouch(key, for: [logID], record: record, keeping: limit, at: now)[logID]
        }

        func note(_ logID: String, size: UInt64? = nil) async throws -> SignedNote? {
            try await SQLiteStore(path: store).voucher(key.publicKey, logID: logID, treeSize: size).map {
                try SignedNote(Array($0.utf8))
            }
        }

        /// As one file, as a backup is made.
        func backUp() throws -> URL {
            let copy = harness.folder.url.appending(path: "backup.db")
            try? FileManager.default.removeItem(at: copy)
            let pool = try SQLiteStore(path: store).pool
            try pool.vacuum(into: copy.path)
            return copy
        }

        func restore(_ copy: URL) throws {
            let place = URL(fileURLWithPath: store)
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: store + suffix)
            }
            try FileManager.default.copyItem(at: copy, to: place)
        }
    }

    @Test func vouchesForWhatIsVerified() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            let logID = try log.trust().logID
            let fixture = try Fixture(url)
            server.answer(log.prefix(4).script())
            #expect(try await fixture.vouch(logID) == .nothing)
            _ = try await fixture.harness.poll(log.trust())
            #expect(try await fixture.vouch(logID) == .signed(treeSize: 4))
            server.answer(log.script())
            _ = try await fixture.harness.poll(log.trust())
            #expect(try await fixture.vouch(logID, at: 1_700_002_000) == .signed(treeSize: 6))
            // The same again, with a later time: it is still so.
            #expect(try await fixture.vouch(logID, at: 1_700_003_000) == .signed(treeSize: 6))
            let note = try #require(try await fixture.note(logID))
            let checkpoint = try Checkpoint(text: note.text)
            #expect(checkpoint == Checkpoint(origin: "nexo-log/\(logID)", treeSize: 6, root: log.heads[5].root))
            #expect(
                try CheckpointCosignature.find(by: fixture.key.publicKey, under: note)?.time == 1_700_003_000)
            let earlier = try #require(try await fixture.note(logID, size: 4))
            #expect(try Checkpoint(text: earlier.text).treeSize == 4)
            #expect(try await fixture.note(logID, size: 5) == nil)
            // Old ones go, where there are too many.
            #expect(try await fixture.vouch(logID, keeping: 1) == .signed(treeSize: 6))
            #expect(try await fixture.note(logID, size: 4) == nil)
        }
    }

    /// Without leaves no root was recomputed: nothing is vouched for.
    @Test func nothingWithoutLeaves() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            let fixture = try Fixture(url)
            server.answer(log.script())
            _ = try await fixture.harness.poll(log.trust(), leaves: false)
            #expect(try await fixture.vouch(log.trust().logID) == .nothing)
        }
    }

    /// A backup forgets what was signed since; the record does not. The log's other history is refused, its own is not.
    @Test(arguments: [true, false])
    func aRestoredBackup(isHonest: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let views = try VantageTests.views()
            let logID = try views[0].trust().logID
            let fixture = try Fixture(url)
            server.answer(views[0].prefix(4).script())
            _ = try await fixture.harness.poll(views[0].trust())
            #expect(try await fixture.vouch(logID) == .signed(treeSize: 4))
            let backup = try fixture.backUp()
            server.answer(views[0].script())
            _ = try await fixture.harness.poll(views[0].trust())
            #expect(try await fixture.vouch(logID) == .signed(treeSize: 6))
            try fixture.restore(backup)
            #expect(try await fixture.vouch(logID) == .behind(signed: 6))
            server.answer((isHonest ? views[0] : views[1]).script())
            _ = try await fixture.harness.poll(views[0].trust())
            #expect(try await fixture.vouch(logID) == (isHonest ? .signed(treeSize: 6) : .refused(signed: 6)))
            // And further on.
            var longer = isHonest ? views[0] : views[1]
            longer.register("later")
            try longer.publish()
            server.answer(longer.script())
            _ = try await fixture.harness.poll(views[0].trust())
            #expect(try await fixture.vouch(logID) == (isHonest ? .signed(treeSize: 7) : .refused(signed: 6)))
        }
    }

    /// A crash behind the record and before the commit: what is in the record counts as signed.
    @Test func aCrashBeforeTheCommit() async throws {
        try await ScriptedServer.run { server, url in
            let views = try VantageTests.views()
            let logID = try views[0].trust().logID
            let fixture = try Fixture(url)
            server.answer(views[1].script())
            _ = try await fixture.harness.poll(views[0].trust())
            try fixture.record.save([logID: .init(treeSize: 6, root: views[0].heads[5].root)])
            #expect(try await fixture.vouch(logID) == .refused(signed: 6))
            #expect(try await fixture.note(logID) == nil)
        }
    }

    @Test(arguments: ["missing", "damaged", "another key's"])
    func aLostRecord(how: String) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            let logID = try log.trust().logID
            let fixture = try Fixture(url)
            server.answer(log.script())
            _ = try await fixture.harness.poll(log.trust())
            #expect(try await fixture.vouch(logID) == .signed(treeSize: 4))
            let path = fixture.record.path
            switch how {
            case "missing": try FileManager.default.removeItem(atPath: path)
            case "damaged": try Data("{".utf8).write(to: URL(fileURLWithPath: path))
            default:
                let text = try String(contentsOfFile: path, encoding: .utf8).replacing("w1+", with: "w2+")
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            }
            await #expect(throws: SigningRecord.Lost.self) { try await fixture.vouch(logID) }
        }
    }

    /// A log that is known to show two histories is vouched for by nobody, until an operator decides.
    @Test func aContestedLog() async throws {
        try await ScriptedServer.run { server, url in
            let views = try VantageTests.views()
            let logID = try views[0].trust().logID
            let fixture = try Fixture(url)
            for view in views {
                server.answer(view.script())
                _ = try await fixture.harness.poll(views[0].trust())
            }
            #expect(try await fixture.vouch(logID) == .contested)
        }
    }
}
