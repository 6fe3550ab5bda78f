import Foundation
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// A log that shows each asker another history, through real connections.
struct VantageTests {
    typealias Vantage = WatchConfiguration.Vantage

    static func vantage(_ name: String, _ change: (inout Vantage) -> Void) -> Vantage {
        var vantage = Vantage(name: name)
        change(&vantage)
        return vantage
    }

    /// Two histories with a common beginning of four heads.
    static func views(behind: Int = 2) throws -> [TestLog] {
        let common = try TestLog.honest(4)
        return try ["a", "b"].map { name in
            var view = common
            for index in 0..<behind {
                view.register("\(name)\(index)")
                try view.publish()
            }
            return view
        }
    }

    static func configuration(
        _ harness: WatchHarness, _ log: TestLog, _ vantages: [Vantage]
    ) throws -> WatchConfiguration {
        var configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
        configuration.vantages = vantages
        return configuration
    }

    /// One server is one clock, through however many vantages: three hosts are needed to say that ours is wrong.
    @Test func oneServersClockAtThreeVantages() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            let script = log.script()
            server.answer { question in
                var answer = script(question)
                answer.headers["Date"] = "Thu, 16 Nov 2023 00:00:00 GMT"
                return answer
            }
            let harness = try WatchHarness(url: url)
            var configuration = try Self.configuration(harness, log, ["a", "b", "c"].map { Self.vantage($0) { _ in } })
            configuration.logs[0].maxHeadAge = 86_400
            let report = try #require(try await harness.poll(configuration).first)
            #expect(report.rules == [] && report.failure == nil)
            #expect(harness.lines.withLock { $0 }.allSatisfy { !$0.contains("clock is off") })
        }
    }

    /// How each second vantage differs from the first, and what the log knows it by.
    @Test(arguments: ["source address", "socks", "header", "http proxy", "resolve"])
    func aSplitView(way: String) async throws {
        try await ScriptedServer.run { server, url in
            let views = try Self.views()
            let honest = views[0].script()
            let split = views[1].script()
            server.answer { question in
                let isOther = question.client != "127.0.0.1" || question.headers["x-vantage"] != nil
                return (isOther ? split : honest)(question)
            }
            // A server of its own is asked where a proxy or the resolver leads there.
            try await ScriptedServer.run { other, otherURL in
                other.answer(split)
                let proxy = try LoopbackProxy(from: "127.0.0.3")
                defer { proxy.stop() }
                var place = url
                let second = Self.vantage("second") {
                    switch way {
                    case "source address": $0.interface = "127.0.0.2"
                    case "socks": $0.proxy = "socks5h://127.0.0.1:\(proxy.port)"
                    case "header": $0.headers = ["X-Vantage: yes"]
                    case "http proxy": $0.proxy = otherURL
                    default:
                        // Only this vantage knows where the log is.
                        place = url.replacing("127.0.0.1", with: "localhost")
                        $0.resolve = ["localhost:\(url.split(separator: ":").last ?? ""):127.0.0.2"]
                    }
                }
                if way == "resolve" { return try await Self.resolve(second, server, place, views) }
                // A password is in no file of evidence.
                let harness = try WatchHarness(url: place.replacing("http://", with: "http://user:secret@"))
                let configuration = try Self.configuration(harness, views[0], [.direct, second])
                let report = try #require(try await harness.poll(configuration).first)
                #expect(report.failure == nil && report.exitCode == 1)
                #expect(report.rules.count { $0 == .splitView } == 1)
                #expect(report.rules.count { $0 == .sameSizeDifferentRoot } == 2)
                #expect(way != "socks" || proxy.asked.count == 1)
                let checker = EvidenceChecker(trust: try views[0].trust())
                let split = try #require(report.findings.first { $0.finding.rule == .splitView })
                let evidence = try #require(
                    try harness.evidence().first { Digest.sha256($0.fileBytes) == split.evidence })
                let both = ["cosigner_0", "cosigner_1"]
                #expect(checker.check(evidence) == .proved(kind: .sameSizeDifferentRoot, equivocating: both))
                let places = Set(evidence.heads.flatMap(\.observed).map(\.from))
                #expect(places == ["\(place) via direct", "\(place) via second"])
                // One file a fork, whatever it is called; and nothing is told twice.
                #expect(try harness.evidence().count == 2)
                let again = try #require(try await harness.poll(configuration).first)
                #expect(again.findings == report.findings && again.verifiedSize == 6)
                #expect(try harness.alerts(.splitView).count == 1)
            }
        }
    }

    /// An override leads one vantage elsewhere, and no other one by way of what libcurl remembers.
    static func resolve(
        _ second: Vantage, _ server: ScriptedServer, _ url: String, _ views: [TestLog]
    ) async throws {
        let harness = try WatchHarness(url: url)
        let port = url.split(separator: ":").last ?? ""
        let first = vantage("first") { $0.resolve = ["localhost:\(port):127.0.0.1"] }
        let configuration = try configuration(harness, views[0], [first, second])
        let report = try #require(try await harness.poll(configuration).first)
        // Nobody listens at the other address: that vantage fails, and hides nothing of what the first one sees.
        #expect(report.failure?.hasPrefix("second: connect") == true)
        #expect(report.verifiedSize == 6 && report.rules.isEmpty)
        let text = harness.registry.render()
        #expect(
            text.contains(
                "nexo_watch_poll_failures_total{log=\"log\",reason=\"connect\",vantage=\"second\"} 1\n"))
        #expect(
            text.contains("nexo_watch_poll_failures_total{log=\"log\",reason=\"connect\",vantage=\"first\"} 0\n"))
        #expect(text.contains("nexo_watch_polls_total{log=\"log\",vantage=\"second\"} 1\n"))
    }

    /// A vantage that lags behind is no split view (C1 a).
    @Test func aVantageThatLags() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(50)
            let (new, old) = (log.script(), log.prefix(40).script())
            server.answer { question in (question.client == "127.0.0.2" ? old : new)(question) }
            let harness = try WatchHarness(url: url)
            let second = Self.vantage("second") { $0.interface = "127.0.0.2" }
            let configuration = try Self.configuration(harness, log, [.direct, second])
            for _ in 0..<2 {
                let report = try #require(try await harness.poll(configuration).first)
                #expect(report.rules.isEmpty && report.verifiedSize == 50 && report.exitCode == 0)
            }
        }
    }

    /// Both sides of a split grow, and are seen in turn. The position stays with the first side, and goes on there: it
    /// neither turns back and forth nor stands still. The split is told of once, where it begins.
    @Test func bothSidesGrow() async throws {
        try await ScriptedServer.run { server, url in
            let views = try Self.views(behind: 8)
            let harness = try WatchHarness(url: url)
            let second = Self.vantage("second") { $0.interface = "127.0.0.2" }
            var sizes: [UInt64] = []
            for (turn, count) in [(0, 5), (1, 5), (1, 7), (0, 7), (0, 8), (1, 9), (0, 9), (1, 12), (0, 12)] {
                server.answer(views[turn].prefix(count).script())
                let configuration = try Self.configuration(harness, views[0], [turn == 0 ? .direct : second])
                let report = try #require(try await harness.poll(configuration).first)
                sizes.append(report.verifiedSize)
                #expect(report.rules.count { $0 == .splitView } == (sizes.count == 1 ? 0 : 1))
            }
            #expect(sizes == [5, 5, 5, 7, 8, 8, 9, 9, 12])
            #expect(try harness.alerts(.splitView).count == 1)
            let store = try SQLiteStore(path: harness.folder.url.appending(path: "watch.db").path)
            let logID = try views[0].trust().logID
            let position = try await store.position(of: logID)
            #expect(position.verifiedHash == (try views[0].heads[11].hash(.jcs)))
            // Where each head was first seen is kept with it.
            let hash = try views[1].heads[5].hash(.jcs)
            let head = try #require(try await store.heads([hash], logID: logID).first)
            #expect(head.vantage == "second" && head.state == .contested)
        }
    }

    /// A vantage that answers nothing holds up neither the other one nor the log's age.
    @Test(.timeLimit(.minutes(5))) func aVantageThatIsSilent() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            let script = log.script()
            server.answer { question in
                question.client == "127.0.0.2" ? .init(body: [], delay: .seconds(600)) : script(question)
            }
            let harness = try WatchHarness(url: url, timeout: 600)
            let second = Self.vantage("second") { $0.interface = "127.0.0.2" }
            var configuration = try Self.configuration(harness, log, [second, .direct])
            configuration.interval = .milliseconds(20)
            try await harness.watch(configuration) {
                let isSeen = await eventually {
                    server.asked.count { $0.client == "127.0.0.1" } >= 5
                        && server.asked.contains { $0.client == "127.0.0.2" }
                }
                #expect(isSeen)
                #expect(server.asked.count { $0.client == "127.0.0.2" } == 1)
                #expect(harness.registry.render().contains("nexo_watch_head_tree_size{log=\"log\"} 6\n"))
            }
        }
    }
}
