import Foundation
import HostileLog
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

struct LeafTilesTests {
    @Test(arguments: [
        (0, "000"), (7, "007"), (999, "999"), (1_000, "x001/000"), (1_234_067, "x001/x234/067"),
        (1_000_000, "x001/x000/000"),
    ])
    func paths(tile: UInt64, path: String) { #expect(LeafTiles.path(tile) == path) }

    private static func configuration(_ harness: WatchHarness, _ log: TestLog) throws -> WatchConfiguration {
        var configuration = try harness.configuration([("log", log.trust(), "")])
        configuration.logs[0].leaves = WatchConfiguration.Log.tiles
        return configuration
    }

    /// Roots are recomputed from hashes alone, over the borders of tiles, and reading goes on where it was.
    @Test func rootsFromTiles() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(250)
            let harness = try WatchHarness(url: url)
            for count in [5, 1, 3, 600, 1] {
                for index in 0..<count { log.register("\(log.heads.count).\(index)") }
                try log.publish()
                server.answer(log.script())
                let report = try #require(
                    try await harness.poll(Self.configuration(harness, log), now: 1_700_009_000).first)
                #expect(report.rules.isEmpty && report.failure == nil)
                #expect(report.verifiedSize == UInt64(log.registrations.count))
            }
            #expect(
                harness.registry.render().contains("nexo_watch_assurance{level=\"roots-recomputed\",log=\"log\"} 1\n"))
            #expect(server.asked.contains { $0.path == "/tile/0/000.p/255" })
            #expect(server.asked.contains { $0.path == "/tile/0/003.p/91" })
            #expect(!server.asked.contains { $0.path == "/users.jsonl" })
            let all = try await SQLiteStore(path: harness.folder.url.appending(path: "watch.db").path)
                .leafHashes(of: log.trust().logID, from: 0, tiles: 1_000)
            #expect(all == log.registrations.map(\.leafHash))
        }
    }

    /// A tile that is not the tree's is found, and so is one that has another length.
    @Test func tilesThatLie() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(9)
            let honest = log.script()
            let harness = try WatchHarness(url: url)
            let configuration = try Self.configuration(harness, log)
            server.answer { question in
                var answer = honest(question)
                if question.path.hasPrefix("/tile") { answer.body[32 * 4] ^= 1 }
                return answer
            }
            let wrong = try #require(try await harness.poll(configuration).first)
            #expect(Set(wrong.rules) == [.rootMismatch] && wrong.verifiedSize == 4)
            server.answer { question in
                var answer = honest(question)
                if question.path.hasPrefix("/tile") { answer.body.removeLast() }
                return answer
            }
            let short = try #require(try await harness.poll(configuration).first)
            #expect(short.failure?.hasPrefix("malformed: tile 000.p/9") == true && short.verifiedSize == 4)
            server.answer(honest)
            let mended = try #require(try await harness.poll(configuration).first)
            #expect(mended.verifiedSize == 9 && mended.failure == nil)
        }
    }

    /// A leaf that was read and is another now was changed; one that was never vouched for was not read.
    @Test func tilesThatChange() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            _ = try await harness.poll(Self.configuration(harness, log))
            log.register("x")
            try log.publish()
            let honest = log.script()
            server.answer { question in
                var answer = honest(question)
                if question.path.hasPrefix("/tile") { answer.body[32 * 4] ^= 1 }
                return answer
            }
            let report = try #require(try await harness.poll(Self.configuration(harness, log)).first)
            #expect(report.rules == [.leavesChanged] && report.findings.first?.finding.treeSize == 5)
        }
    }

    /// Tiles that lag behind the heads are waited for; those that are there are used.
    @Test func tilesThatLag() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(9)
            let honest = log.script()
            server.answer { question in
                question.path.hasPrefix("/tile") && !question.path.hasSuffix(".p/7") && !question.path.hasSuffix(".p/1")
                    ? .init("later", status: 404) : honest(question)
            }
            let harness = try WatchHarness(url: url)
            let early = try #require(try await harness.poll(Self.configuration(harness, log)).first)
            #expect(early.rules == [.leavesMissing] && early.verifiedSize == 1)
            #expect(
                harness.registry.render().contains("nexo_watch_assurance{level=\"linked-and-signed\",log=\"log\"} 1\n"))
            #expect(harness.registry.render().contains("nexo_watch_backlog_heads{log=\"log\"} 8\n"))
            server.answer(honest)
            let report = try #require(try await harness.poll(Self.configuration(harness, log)).first)
            #expect(report.verifiedSize == 9 && report.verifiedHeads == 9)
            #expect(harness.registry.render().contains("nexo_watch_backlog_heads{log=\"log\"} 0\n"))
        }
    }

    /// From a file to tiles and back: what was read is compared, and stands.
    @Test func anotherSourceOfLeaves() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            let harness = try WatchHarness(url: url)
            for isTiled in [false, true, false, true] {
                log.register("\(log.heads.count)")
                try log.publish()
                server.answer(log.script())
                var configuration = try Self.configuration(harness, log)
                if !isTiled { configuration.logs[0].leaves = url + "/users.jsonl" }
                let report = try #require(try await harness.poll(configuration).first)
                #expect(report.rules.isEmpty && report.failure == nil)
                #expect(report.verifiedSize == UInt64(log.heads.count))
            }
        }
    }
}
