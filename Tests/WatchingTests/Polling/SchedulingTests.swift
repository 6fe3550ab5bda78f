import Foundation
import HostileLog
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// The watcher as it runs: what it asks for, and when.
struct SchedulingTests {
    /// In the steady state a poll is one request, and one without a body where the server can tell that nothing changed.
    /// Such an answer counts as a success, and does not keep a log fresh.
    @Test func nothingChanged() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(5)
            let script = log.script()
            let hits = Shared(0)
            server.answer { question in
                var answer = script(question)
                let tag = "\"\(Digest.sha256(answer.body).hex)\""
                guard question.headers["if-none-match"] == tag else {
                    answer.headers["ETag"] = tag
                    return answer
                }
                hits.change { $0 += 1 }
                return .init(status: 304, body: [])
            }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")], maxHeadAge: 3_600)
            configuration.interval = .milliseconds(10)
            try await harness.watch(configuration, now: 1_700_009_000) {
                #expect(await eventually { hits.value >= 5 })
            }
            // One whole answer, and its leaves; then nothing but one conditional request a poll.
            #expect(server.asked.count { $0.headers["if-none-match"] == nil } == 2)
            #expect(server.asked.dropFirst(2).allSatisfy { $0.path == "/sth/chain" })
            let text = harness.registry.render()
            #expect(text.contains("nexo_watch_last_success_timestamp_seconds{log=\"log\"} 1700009000\n"))
            #expect(harness.samples("nexo_watch_poll_failures_total").allSatisfy { $0 == 0 })
            #expect(try harness.alerts(.headStale).count == 1)
        }
    }

    /// Leaves that are late are asked for with a condition, and are read when they come.
    @Test func leavesThatDidNotChange() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            let early = log.script()
            let late = Shared(early)
            let (unchanged, sent) = (Shared(0), Shared(0))
            log.register("x")
            try log.publish()
            let (whole, heads) = (log.script(), log.script())
            server.answer { question in
                if question.path == "/sth/chain" { return heads(question) }
                var answer = late.value(question)
                let tag = "\"\(answer.body.count)\""
                answer.headers["ETag"] = tag
                guard question.headers["if-none-match"] == tag else {
                    sent.change { $0 += 1 }
                    return answer
                }
                unchanged.change { $0 += 1 }
                return .init(status: 304, body: [])
            }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.interval = .milliseconds(10)
            try await harness.watch(configuration) {
                #expect(await eventually { unchanged.value >= 3 })
                late.value = whole
                #expect(await eventually { harness.samples("nexo_watch_head_tree_size") == [6] })
            }
            #expect(try harness.alerts(.leavesMissing).count == 1)
            // The file came twice: as it was at first, and as it is.
            #expect(sent.value == 2)
        }
    }

    /// A log that fails is asked less and less, and one that does not is asked as before.
    @Test func failuresOfOneLogDelayNoOther() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            var other = TestLog(firstSeed: 40)
            other.register("x")
            try other.publish()
            let script = log.script()
            server.answer { question in
                guard question.path.hasPrefix("/good") else { return .init("oops", status: 500) }
                var inner = question
                inner.path = String(question.path.dropFirst("/good".count))
                return script(inner)
            }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration(
                [("good", log.trust(), "/good"), ("bad", other.trust(), "/bad")], leaves: false)
            configuration.interval = .milliseconds(20)
            try await harness.watch(configuration) {
                let isAsked = await eventually { server.asked.count { $0.path.hasPrefix("/good") } >= 40 }
                #expect(isAsked)
            }
            // From 20 ms on, doubled each time: no more fit into the longest time that is waited for.
            #expect(server.asked.count { $0.path.hasPrefix("/bad") } <= 16)
        }
    }

    /// A connection is kept from poll to poll.
    @Test func connectionsAreKept() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let proxy = try LoopbackProxy(from: "127.0.0.5")
            defer { proxy.stop() }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.interval = .milliseconds(10)
            configuration.vantages = [
                VantageTests.vantage("proxied") { $0.proxy = "socks5://127.0.0.1:\(proxy.port)" }
            ]
            try await harness.watch(configuration) {
                #expect(await eventually { server.asked.count { $0.client == "127.0.0.5" } >= 5 })
            }
            #expect(proxy.asked.count == 1)
        }
    }

    /// Twenty logs of a host that is silent leave the places of others free.
    @Test(.timeLimit(.minutes(5))) func aSilentHostTakesOnlyItsOwnPlaces() async throws {
        try await ScriptedServer.run { silent, silentURL in
            silent.answer { _ in .init(body: [], delay: .seconds(600)) }
            try await ScriptedServer.run { server, url in
                let log = try TestLog.honest(3)
                server.answer(log.script())
                let harness = try WatchHarness(url: "", timeout: 600)
                let dead = try (0..<20).map {
                    ("dead\($0)", try TestLog(firstSeed: UInt8(50 + $0 * 3)).trust(), silentURL)
                }
                var configuration = try harness.configuration(dead + [("log", log.trust(), url)], leaves: false)
                configuration.interval = .milliseconds(10)
                configuration.limits.fetches = 4
                configuration.limits.fetchesPerHost = 3
                try await harness.watch(configuration) {
                    #expect(await eventually { server.asked.count >= 20 })
                }
                #expect(silent.asked.count <= 3)
            }
        }
    }

    /// Most hosts say that our clock is an hour behind: no honest head lies in the future then.
    @Test(arguments: [2, 3])
    func aClockThatIsWrong(hosts: Int) async throws {
        let now = UInt64(Date().timeIntervalSince1970)
        var logs: [TestLog] = []
        for index in 0..<hosts {
            var log = TestLog(firstSeed: UInt8(10 + index * 3))
            log.register("x")
            try log.publish { $0.timestamp = now - 10 }
            logs.append(log)
        }
        let made = logs
        try await ScriptedServer.run { first, a in
            try await ScriptedServer.run { second, b in
                try await ScriptedServer.run { third, c in
                    let harness = try WatchHarness(url: "")
                    for (server, log) in zip([first, second, third], made) { server.answer(log.script()) }
                    // A host is one clock, whatever its ports.
                    let hosts = [(a, "a.test"), (b, "b.test"), (c, "c.test")].map {
                        $0.replacing("127.0.0.1", with: $1)
                    }
                    var configuration = try harness.configuration(
                        zip(["a", "b", "c"], zip(made, hosts)).map { ($0, try $1.0.trust(), $1.1) }, leaves: false)
                    configuration.vantages = [
                        VantageTests.vantage("direct") {
                            $0.resolve = hosts.map { "\($0.dropFirst(7)):127.0.0.1" }
                        }
                    ]
                    // Heard once before the first head is judged, as in a watcher that runs.
                    let empty = TestLog()
                    for server in [first, second, third] { server.answer(empty.script()) }
                    configuration.interval = .milliseconds(10)
                    let asked = made.indices.map { [first, second, third][$0] }
                    try await harness.watch(configuration, now: now - 3_600) {
                        #expect(
                            await eventually {
                                let skews = harness.samples("nexo_watch_clock_skew_seconds")
                                return skews.count == made.count && skews.allSatisfy { $0 < -3_500 }
                            })
                        for (server, log) in zip(asked, made) { server.answer(log.script()) }
                        let ones = [Double](repeating: 1, count: made.count)
                        #expect(await eventually { harness.samples("nexo_watch_verified_heads_total") == ones })
                    }
                    #expect(try harness.alerts(.timestampFuture).count == (made.count == 3 ? 0 : 2))
                }
            }
        }
    }

    /// A first answer that is not small is asked for again among the large ones.
    @Test func aServerThatKnowsNoLimit() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(300)
            let heads = "[\(log.headLines.reversed().joined(separator: ","))]"
            server.answer { _ in .init(heads) }
            let harness = try WatchHarness(url: url)
            var configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
            configuration.limits.headBytes = 1_024
            let report = try #require(try await harness.poll(configuration).first)
            #expect(report.verifiedSize == 300 && report.verifiedHeads == 300 && report.rules.isEmpty)
            #expect(server.asked.count == 2)
        }
    }
}
