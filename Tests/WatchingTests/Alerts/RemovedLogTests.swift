import Foundation
import GRDB
import HostileLog
import Synchronization
import Testing
import TransparencyLog

@testable import Watching

/// What is owed of a log is told, though the log is no longer configured.
struct RemovedLogTests {
    /// A fork was stored, and the process died before it wrote the evidence or told anybody (C4). Meanwhile the log was
    /// taken out of the configuration.
    @Test func whatACrashHeldBackIsTold() async throws {
        try await Receiver.run { receiver, hook in
            try await ScriptedServer.run { server, url in
                var log = try TestLog.honest(3)
                try log.publish { $0.root = .sha256([1]) }
                server.answer(log.script())
                let harness = try WatchHarness(url: url)
                let before = try harness.configuration([("old", log.trust(), "")], leaves: false)
                _ = try await harness.poll(before)
                try await Self.forget(harness, before)

                var other = TestLog(firstSeed: 40)
                other.register("x")
                try other.publish()
                server.answer(other.script())
                var after = try harness.configuration([("new", other.trust(), "")], leaves: false)
                after.alerts.sinks = [AlertFixture.webhook("ops", hook)]
                for _ in 0..<2 { _ = try await harness.poll(after) }

                let alert = try #require(try receiver.alerts.first)
                #expect(receiver.received.count == 1)
                #expect(alert["kind"]?.text?.description == "same-size-different-root")
                #expect(alert["log"]?["name"]?.text?.description == "old")
                let told = try #require(try harness.alerts(.sameSizeDifferentRoot).first)
                #expect(try harness.alerts(.sameSizeDifferentRoot).count == 1)
                let evidence = try #require(try harness.evidence().first)
                #expect(
                    told["metadata"]?["evidence_sha256"]?.text?.description == Digest.sha256(evidence.fileBytes).hex)
                #expect(
                    EvidenceChecker(trust: try log.trust()).check(evidence)
                        == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_0", "cosigner_1"]))
            }
        }
    }

    /// Evidence of a removed log that cannot be written is a trouble for as long as that lasts, over restarts, and is
    /// told of once.
    @Test func evidenceIsWrittenWhenItCanBe() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish { $0.root = .sha256([1]) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let before = try harness.configuration([("old", log.trust(), "")], leaves: false)
            _ = try await harness.poll(before)
            try await Self.forget(harness, before)
            let blocked = try harness.folder.write("a file where the folder should be", to: "evidence")
            let after = try harness.configuration(
                [("new", TestLog(firstSeed: 40).trust(), "")], leaves: false)
            let store = try SQLiteStore(path: after.store)
            for _ in 0..<2 {
                _ = try await harness.poll(after)
                let open = try await store.openAlerts().filter { $0.kind == .trouble(.evidenceUnwritable) }
                #expect(open.map(\.logName) == ["old"] && open.first?.revision == 1)
            }
            try FileManager.default.removeItem(atPath: blocked)
            _ = try await harness.poll(after)
            let open = try await store.openAlerts().filter { $0.logName == "old" }
            #expect(open.map(\.kind) == [.rule(.sameSizeDifferentRoot)])
            #expect(try harness.evidence().count == 1)
        }
    }

    /// Makes the store and the folder what they were when a step was stored, and nothing was done about it yet.
    private static func forget(_ harness: WatchHarness, _ configuration: WatchConfiguration) async throws {
        let store = try SQLiteStore(path: configuration.store)
        try await store.pool.write { try $0.execute(sql: "UPDATE findings SET announced = 0") }
        #expect(try harness.evidence().count == 1)
        try FileManager.default.removeItem(atPath: configuration.evidence)
        harness.lines.withLock { $0 = [] }
    }
}
