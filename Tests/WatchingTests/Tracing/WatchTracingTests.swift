import HTTPTypes
import HostileLog
import HummingbirdTesting
import InMemoryTracing
import Synchronization
import Testing
import Tracing
import TransparencyLog

@testable import Watching

/// What traces tell of a watcher: each poll, round and message with its end, in names and numbers alone.
struct WatchTracingTests {
    let tracer = InMemoryTracer()

    @Test func aPollAndItsRequests() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            try await withTracer(tracer) { _ = try await harness.poll(log.trust()) }
        }
        let poll = try #require(tracer.ended("poll").first)
        #expect(tracer.ended("poll").count == 1 && tracer.activeSpans.isEmpty && !poll.isError)
        #expect(poll["nexo.log"] == "log" && poll["nexo.vantage"] == "direct")
        #expect(poll["nexo.tree_size"] == 3 && poll["nexo.heads.verified"] == 3 && poll["nexo.heads.waiting"] == 0)
        #expect(poll["nexo.findings"] == nil)
        // Heads and leaves.
        let requests = tracer.ended("GET")
        #expect(requests.count == 2 && requests.allSatisfy { $0.parentSpanID == poll.spanID && $0.kind == .client })
        #expect(requests.first?["http.response.status_code"] == 200 && requests.allSatisfy { !$0.isError })
        #expect(requests.allSatisfy { $0["server.address"] == "127.0.0.1" })
        // Who can be told from others can be shown another history.
        #expect(tracer.performedContextInjections.isEmpty)
    }

    @Test func aPollThatFindsAFork() async throws {
        try await withTracer(tracer) { try await SiteHarness.forked { _, _, _ in } }
        #expect(tracer.ended("poll").last?["nexo.findings"] == .stringArray(["violation"]))
    }

    @Test func aPollThatFails() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init("secret-answer", status: 500) }
            let harness = try WatchHarness(url: url + "/secret-path")
            let trust = try TestLog.honest(1).trust()
            try await withTracer(tracer) { _ = try await harness.poll(trust) }
            #expect(harness.lines.withLock { $0.contains { $0.contains("poll failed") } })
        }
        let poll = try #require(tracer.ended("poll").first)
        #expect(poll.isError && poll["error.type"] == "http_status" && poll["nexo.tree_size"] == nil)
        let request = try #require(tracer.ended("GET").first)
        #expect(request.isError && request["error.type"] == "500" && request.parentSpanID == poll.spanID)
        #expect(!tracer.words.contains("secret"))
    }

    /// A reload is no error.
    @Test func aPollThatIsCancelled() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(body: [], delay: .seconds(600)) }
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", TestLog.honest(1).trust(), "")])
            try await withTracer(tracer) {
                try await harness.watch(configuration) { #expect(await eventually { !server.asked.isEmpty }) }
            }
        }
        let poll = try #require(tracer.ended("poll").first)
        #expect(poll["error.type"] == "cancelled" && !poll.isError)
        #expect(tracer.activeSpans.isEmpty)
    }

    @Test func aRoundOfGossip() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            server.answer(log.script())
            try await ScriptedServer.run { peer, peerURL in
                let node = try GossipNode("a", address: "127.0.0.2", log: url)
                try node.start(log, leaves: true, peers: [("p", peerURL + "/secret-path")])
                await node.poll()
                await withTracer(tracer) { [tracer] in
                    peer.answer { .init($0.path.hasSuffix("heads") ? #"{"heads":[]}"# : #"{"evidence":[]}"#) }
                    _ = try? await node.gossip()
                    let round = tracer.ended("gossip round").first
                    #expect(round?["nexo.peer"] == "p" && round?.isError == false)
                    #expect(tracer.ended("GET").count == 2)
                    #expect(tracer.ended("GET").allSatisfy { $0.parentSpanID == round?.spanID })
                    peer.answer { _ in .init("secret-answer") }
                    _ = try? await node.gossip()
                }
                node.kill()
            }
        }
        #expect(tracer.ended("gossip round").count == 2)
        let failed = try #require(tracer.ended("gossip round").last)
        #expect(failed.isError && failed["error.type"] == "malformed")
        #expect(!tracer.words.contains("secret"))
    }

    @Test(arguments: [(200, nil), (500, "failed"), (400, "refused")])
    func aMessage(status: Int, failure: String?) async throws {
        try await Receiver.run { receiver, url in
            receiver.answer { _ in status }
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let secret = try fixture.folder.write("secret-of-the-webhook", to: "key")
            let sink = AlertFixture.webhook("ops", url + "/secret-path?token=secret", secretFile: secret)
            let service = try await fixture.service(store, [sink])
            try await fixture.find(store, .branch, [7])
            await withTracer(tracer) { await service.deliverOnce() }
            #expect(!receiver.received.isEmpty)
        }
        let message = try #require(tracer.ended("deliver alert").first)
        #expect(message.kind == .client && message["nexo.sink"] == "ops" && message["nexo.alert"] == 1)
        #expect(message["nexo.alert.kind"] == "branch" && message["nexo.alert.reminder"] == false)
        #expect(message.isError == (failure != nil) && message["error.type"] == failure.map { .string($0) })
        #expect(!tracer.words.contains("secret"))
    }

    @Test func theHeartbeat() async throws {
        try await Receiver.run { receiver, url in
            receiver.answer { _ in receiver.received.count > 1 ? 500 : 200 }
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let troubles = TroubleDesk(store: store, turn: fixture.turn, logger: fixture.logger, now: { 1 })
            let sender = try HeartbeatSender(
                .init(address: .url(url + "/secret-path"), interval: .milliseconds(20)),
                monitor: PollMonitor(logs: [], store: store, troubles: troubles, failingPolls: 2), store: store,
                logger: fixture.logger, now: { 1 })
            let run = withTracer(tracer) { Task { await sender.run(every: .milliseconds(5)) } }
            #expect(await eventually { tracer.ended("heartbeat").count >= 2 })
            run.cancel()
            await run.value
        }
        let beats = tracer.ended("heartbeat")
        #expect(beats[0].isError == false && beats[1].isError && beats[1]["error.type"] == "failed")
        #expect(!tracer.words.contains("secret"))
    }

    @Test func aQuestionToTheSite() async throws {
        let fixture = try StatusStoreFixture()
        let site = try SiteHarness(fixture.configuration)
        try await withTracer(tracer) {
            try await site.run { client in
                _ = try await client.get("/api/v1/logs?secret=1", [.authorization: "Bearer secret"])
                _ = try await client.get("/log/secret")
            }
        }
        let names = tracer.finishedSpans.map(\.operationName)
        #expect(names == ["GET /api/v1/logs", "GET /log/{name}"])
        // No such parameter.
        #expect(tracer.finishedSpans.first?["http.response.status_code"] == 400)
        #expect(!tracer.words.contains("secret"))
    }
}
