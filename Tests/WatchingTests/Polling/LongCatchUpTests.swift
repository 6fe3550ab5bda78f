import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// Leaves that no signed root vouches for yet, however many.
struct LongCatchUpTests {
    /// A log of so many registrations, with a head after each of some sizes.
    private static func log(_ count: Int, heads: Set<Int>) throws -> TestLog {
        var log = TestLog()
        for size in 1...count {
            log.register("u\(size)")
            if heads.contains(size) { try log.publish() }
        }
        return log
    }

    private static func stored(_ harness: WatchHarness, _ log: TestLog) async throws -> [Digest] {
        try await SQLiteStore(path: harness.store).leafHashes(of: log.trust().logID, from: 0, tiles: 10_000)
    }

    /// More leaves than memory takes before a first root, and some beyond it: they are stored as they are, and the tree over
    /// them too.
    @Test(.timeLimit(.minutes(20)), arguments: [true, false])
    func moreThanMemoryTakes(isTiled: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log(70_000, heads: [69_000, 70_000])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            if isTiled { configuration.logs[0].leaves = WatchConfiguration.Log.tiles }
            let report = try #require(try await harness.poll(configuration, now: 1_700_999_000).first)
            #expect(report.failure == nil && report.findings.isEmpty && report.verifiedSize == 70_000)
            #expect(try await Self.stored(harness, log) == log.registrations.map(\.leafHash))
            // The frontier stands on the rows, or the store would not open.
            _ = try SQLiteStore(path: harness.store)
        }
    }

    /// A head may sign any size. One that is too far ahead is not begun with, and says why; smaller ones are verified.
    @Test func aHeadTooFarAhead() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log(50, heads: [10, 20, 50])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.limits.unvouchedLeaves = 29
            let report = try #require(try await harness.poll(configuration).first)
            #expect(report.failure?.hasPrefix("too_large: the head of size 50 stands 30 registrations behind") == true)
            #expect(report.failure?.contains("limits.unvouched_leaves") == true)
            #expect(report.findings.isEmpty && report.verifiedSize == 20)
            #expect(try await Self.stored(harness, log).count == 20)
            configuration.limits.unvouchedLeaves = 30
            let raised = try #require(try await harness.poll(configuration).first)
            #expect(raised.failure == nil && raised.findings.isEmpty && raised.verifiedSize == 50)
        }
    }

    /// A poll whose time is over leaves off, and the next one goes on: nothing is fetched twice but a last line.
    @Test(arguments: [true, false]) func pollsThatGoOn(isTiled: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log(9_000, heads: [4_000, 9_000])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.limits.leavesTime = 0
            configuration.limits.leavesChunk = 200_000
            if isTiled { configuration.logs[0].leaves = WatchConfiguration.Log.tiles }
            let report = try #require(try await harness.poll(configuration, now: 1_700_999_000).first)
            #expect(report.failure == nil && report.findings.isEmpty && report.verifiedSize == 9_000)
            #expect(try await Self.stored(harness, log) == log.registrations.map(\.leafHash))
            #expect(server.asked.filter { $0.path == "/sth/chain" }.count > 3, "it was not one poll")
            if isTiled {
                #expect(server.asked.filter { $0.path == "/tile/0/000" }.count == 1)
            } else {
                #expect(server.asked.filter { $0.range?.hasPrefix("bytes=0-") == true }.count == 1)
            }
        }
    }

    /// Leaves that were read and are others now are read anew; nobody vouched for them, so nothing was changed.
    @Test func leavesThatChangeBeforeARoot() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log(3_000, heads: [3_000])
            var other = TestLog()
            for size in 1...3_000 { other.register("x\(size)") }
            let (honest, lines) = (log.script(), other.leafLines)
            let wrong = log.script(leaves: lines)
            server.answer { question in
                // Only what comes first is another: the last line of it stands no more in the second answer.
                question.range?.hasPrefix("bytes=0-") == true
                    && server.asked.filter { $0.path == "/users.jsonl" }.count == 1
                    ? wrong(question) : honest(question)
            }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.limits.leavesTime = 0
            configuration.limits.leavesChunk = 200_000
            let report = try #require(try await harness.poll(configuration, now: 1_700_999_000).first)
            #expect(report.failure == nil && report.findings.isEmpty && report.verifiedSize == 3_000)
            #expect(server.asked.filter { $0.range?.hasPrefix("bytes=0-") == true }.count == 2)
        }
    }

    /// A log of 9,001 registrations, all but the last of which were read before, in a file that spells each line anew. What it
    /// takes to read that is more than one poll has time for.
    private static func readingAnew(
        changing change: (index: Int, line: String)? = nil,
        _ check: @Sendable @escaping (LogReport, WatchHarness, TestLog, [ScriptedServer.Question]) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            var log = try Self.log(9_000, heads: [4_000, 9_000])
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            #expect(try await harness.poll(configuration, now: 1_700_999_000).first?.verifiedSize == 9_000)
            configuration.limits.leavesTime = 0
            configuration.limits.leavesChunk = 200_000
            log.register("late")
            try log.publish()
            var lines = log.leafLines
            if let change { lines[change.index] = change.line }
            server.answer(log.script(leaves: lines.map { $0.replacing(",", with: ", ") }))
            let earlier = server.asked.count
            let report = try #require(try await harness.poll(configuration, now: 1_700_999_000).first)
            try await check(report, harness, log, Array(server.asked.dropFirst(earlier)))
        }
    }

    /// Each part of the file is read once, and nothing is found.
    @Test func aFileReadAnewOverSomePolls() async throws {
        try await Self.readingAnew { report, harness, log, asked async throws -> Void in
            #expect(report.failure == nil && report.findings.isEmpty && report.verifiedSize == 9_001)
            #expect(try await Self.stored(harness, log) == log.registrations.map(\.leafHash))
            #expect(asked.filter { $0.path == "/sth/chain" }.count > 3, "it was not one poll")
            #expect(asked.filter { $0.range?.hasPrefix("bytes=0-") == true }.count == 1)
        }
    }

    /// What is another is found, in whichever of the polls that takes; and in what comes behind them nothing is taken in.
    @Test func aChangeFoundOverSomePolls() async throws {
        var other = TestLog()
        other.register("somebody else")
        let line = other.leafLines[0]
        try await Self.readingAnew(changing: (7_999, line)) { report, _, _, _ in
            #expect(report.failure?.contains("the leaves are not those that were read before") == true)
            #expect(report.findings.map(\.finding.rule) == [.leavesChanged])
            #expect(report.findings.first?.finding.treeSize == 8_000 && report.verifiedSize == 9_000)
        }
    }

    /// A log that gives one byte for each question is asked for no more of them than a poll has time for.
    @Test func registrationsThatDrip() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log(3, heads: [3])
            let (script, users) = (log.script(), Array(log.leafLines.map { $0 + "\n" }.joined().utf8))
            server.answer { question in
                guard question.path == "/users.jsonl" else { return script(question) }
                let from = question.range.flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) } ?? 0
                return .init(
                    status: 206, body: [users[from % users.count]],
                    headers: ["Content-Range": "bytes \(from)-\(from)/\(users.count)"])
            }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.limits.leavesTime = 0
            let report = try #require(try await harness.poll(configuration).first)
            #expect(report.failure != nil && report.findings.isEmpty && report.verifiedSize == 0)
            #expect(server.asked.filter { $0.path == "/users.jsonl" }.count < 20)
        }
    }

    /// Each registration of a log may have something wrong. What is kept of that until it is stored has a bound too.
    @Test func aFaultInEachLeaf() async throws {
        let log = try Self.log(300, heads: [300])
        var configuration = WatchConfiguration(listen: "", store: "", evidence: "", interval: .seconds(1), logs: [])
        configuration.limits.findingsPerPoll = 10
        let watched = WatchedLog(
            .init(name: "log", url: "", trust: "", leaves: "x"), configuration, trust: try log.trust())
        let position = LogPosition()
        var judge = PollJudge(
            log: watched, vantage: "direct", position: position,
            chain: ChainVerifier(verifier: watched.verifier, window: 100, now: 1_700_999_000),
            budget: PollBudget(configuration.limits), now: 1_700_999_000)
        for size: UInt64 in 1...300 {
            judge.reportLeaf(Finding(.leafHashMismatch, treeSize: size, expected: "a", found: "\(size)"))
        }
        #expect(judge.drafts.count == 100)
        var step = judge.step
        try await judge.addFindings(
            to: &step, .init(known: { _ in [] }, raw: { _ in nil }, checkpoint: { _ in nil }, prefix: { _, _ in nil }))
        #expect(step.findings.count == 10 && judge.budget.refused == [.leafHashMismatch: 290])
    }
}
