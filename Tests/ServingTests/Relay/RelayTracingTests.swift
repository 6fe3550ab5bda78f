import HostileLog
import InMemoryTracing
import Serving
import Testing
import Tracing

/// What traces tell of the relay: how upgrades and sessions went, and not whose they were.
struct RelayTracingTests {
    private static let trace = ["in-memory-trace-id: their-trace", "in-memory-span-id: their-span"]

    let server: TestServer
    let tracer = InMemoryTracer()

    init() throws { server = try TestServer() }

    /// Sessions that ended, once there are so many.
    private func sessions(_ count: Int) async throws -> [FinishedInMemorySpan] {
        #expect(await eventually { tracer.ended("relay session").count >= count })
        let spans = tracer.ended("relay session")
        #expect(spans.count == count)
        return spans
    }

    @Test func aSessionIsToldAtItsEnd() async throws {
        try await withTracer(tracer) {
            try await server.run { live in
                try await WebSocketClient.open("secret-bob", port: live.port) { bob in
                    let request = WebSocketClient.request("/ws/secret-alice", Self.trace)
                    try await WebSocketClient.raw(port: live.port, request) { alice in
                        _ = try await alice.head()
                        // The upgrade is told at once.
                        let isTold = await eventually {
                            tracer.ended("GET /ws/{session}").count == 2 && tracer.activeSpans.count == 2
                        }
                        #expect(isTold && tracer.ended("relay session").isEmpty)
                        try await alice.send(RelayTests.envelope("secret-alice", "secret-bob", "secret-words"))
                        guard case .text = try await bob.next() else { throw WebSocketClient.Failure("no message") }
                        try await alice.send(RelayTests.envelope("secret-alice", "secret-carol"))
                        try await alice.send(#"{"type":"ping"}"#)
                        guard case .text = try await alice.next() else { throw WebSocketClient.Failure("no pong") }
                        try await alice.send([0x03, 0xE8], first: 0x88)
                        #expect(try await alice.next() == .closed(1000))
                    }
                    _ = try await sessions(1)
                }
            }
        }
        let upgrade = try #require(tracer.ended("GET /ws/{session}").first { $0.traceID == "their-trace" })
        #expect(upgrade.parentSpanID == "their-span" && upgrade.kind == .server && !upgrade.isError)
        #expect(upgrade["http.response.status_code"] == 101 && upgrade["http.route"] == "/ws/{session}")
        let ended = try await sessions(2)
        let alice = try #require(ended.first { $0.traceID == "their-trace" })
        #expect(alice.parentSpanID == upgrade.spanID && !alice.isError)
        #expect(alice["nexo.relay.close_code"] == 1000 && alice["nexo.relay.envelopes.received"] == 2)
        #expect(alice["nexo.relay.envelopes.undeliverable"] == 1 && alice["nexo.relay.messages.sent"] == 1)
        // Nobody's trace: its own.
        let bob = try #require(ended.first { $0.traceID != "their-trace" })
        #expect(bob["nexo.relay.envelopes.received"] == 0 && bob["nexo.relay.messages.sent"] == 1)
        #expect(!tracer.words.contains("secret") && !tracer.words.contains("127.0.0.1"))
    }

    @Test(arguments: [
        RelayTests.Misuse("not JSON", .malformed) { try await $0.send("x") },
        RelayTests.Misuse("another's name", .foreignSender) { try await $0.send(RelayTests.envelope("eve", "b")) },
        RelayTests.Misuse("binary", .binary) { try await $0.send([1], first: 0x82) },
    ])
    func eachEndHasItsCode(misuse: RelayTests.Misuse) async throws {
        try await withTracer(tracer) {
            try await server.run { live in
                try await WebSocketClient.open("a", port: live.port) { client in
                    try await misuse.act(client)
                    #expect(try await client.next() == .closed(misuse.code.rawValue))
                }
            }
        }
        let session = try #require(try await sessions(1).first)
        #expect(session["nexo.relay.close_code"] == .int64(Int64(misuse.code.rawValue)))
    }

    /// Nobody said why: 1006, which is never sent.
    @Test func aConnectionThatBreaks() async throws {
        try await withTracer(tracer) {
            try await server.run { live in
                try await WebSocketClient.open("a", port: live.port) { _ in }
                let session = try #require(try await sessions(1).first)
                #expect(session["nexo.relay.close_code"] == 1006)
            }
        }
    }

    @Test(arguments: [
        ("/ws/secret-id", ["Sec-WebSocket-Version: 12"], 426),
        ("/ws/secret-id", ["Origin: https://secret.example"], 403), ("/ws/secret-id", ["Content-Length: 5"], 400),
        ("/ws/secret-id", [], 503),
    ])
    func aRefusalIsTold(path: String, headers: [String], status: Int) async throws {
        try await withTracer(tracer) {
            try await server.run {
                if status == 503 { $0.relay.maximumSessions = 0 }
            } _: { live in
                let request = WebSocketClient.request(path, headers + Self.trace)
                try await WebSocketClient.raw(port: live.port, request) { client in
                    let head = try await client.head()
                    #expect(head.hasPrefix("HTTP/1.1 \(status) "))
                }
            }
        }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["GET /ws/{session}"] && tracer.activeSpans.isEmpty)
        #expect(spans.first?["http.response.status_code"] == .int64(Int64(status)))
        #expect(spans.first?.traceID == "their-trace")
        // As many sessions as may be are a matter for the operator.
        #expect(spans.first?.isError == (status == 503))
        #expect(!tracer.words.contains("secret"))
    }
}
