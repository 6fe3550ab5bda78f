import HostileLog
import NIOCore
import ServiceLifecycle
import Serving
import Testing

/// The relay over real sockets: what goes through, and how each misuse ends.
struct RelayTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    static func envelope(_ from: String, _ to: String, _ payload: String = "aGk=") -> String {
        #"{"from":"\#(from)","to":"\#(to)","payload":"\#(payload)"}"#
    }

    @Test func envelopesReachTheirReceiverAsTheyWereSent() async throws {
        try await server.run { live in
            try await WebSocketClient.open("alice", port: live.port) { alice in
                try await WebSocketClient.open("bob%20b", port: live.port) { bob in
                    #expect(await eventually { live.application.relay.counts.sessions == 2 })
                    // Opaque: another member, odd white space and what is no base64 go through untouched.
                    let sent = #"{ "from":"alice", "to":"bob b","payload":"~","more":[1.0]}"#
                    try await alice.send(sent)
                    #expect(try await bob.next() == .text(sent))
                    // In three fragments, with a ping between them.
                    let long = Self.envelope("bob b", "alice", String(repeating: "A", count: 100_000))
                    let bytes = Array(long.utf8)
                    try await bob.send(Array(bytes[..<40_000]), first: 0x01)
                    try await bob.send([7], first: 0x89)
                    try await bob.send(Array(bytes[40_000..<80_000]), first: 0x00)
                    try await bob.send(Array(bytes[80_000...]), first: 0x80)
                    #expect(try await alice.next() == .text(long))
                    #expect(try await bob.next() == .pong)
                    // Nobody is there: dropped and counted.
                    try await alice.send(Self.envelope("alice", "carol"))
                    #expect(await eventually { live.application.relay.counts.undeliverable == 1 })
                    #expect(live.application.relay.counts.delivered == 2)
                }
                try await alice.send(#"{"type":"ping"}"#)
                guard case .text(let pong) = try await alice.next() else { throw WebSocketClient.Failure("no pong") }
                #expect(pong.contains(/^\{"type":"pong","timestamp":1\d{12}\}$/))
                #expect(await eventually { live.application.relay.counts.sessions == 1 })
            }
        }
    }

    struct Misuse: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: CloseReason
        let act: @Sendable (WebSocketClient) async throws -> Void
        init(_ name: String, _ code: CloseReason, _ act: @escaping @Sendable (WebSocketClient) async throws -> Void) {
            testDescription = name
            self.code = code
            self.act = act
        }
    }

    @Test(arguments: [
        Misuse("not JSON", .malformed) { try await $0.send("x") },
        Misuse("not UTF-8", .malformed) { try await $0.send([0xFF]) },
        Misuse("no payload", .malformed) { try await $0.send(#"{"from":"a","to":"b"}"#) },
        Misuse("a payload that is no string", .malformed) {
            try await $0.send(#"{"from":"a","to":"b","payload":{}}"#)
        },
        Misuse("another's name", .foreignSender) { try await $0.send(envelope("eve", "b")) },
        Misuse("binary", .binary) { try await $0.send([1], first: 0x82) },
        Misuse("a frame that is too large", .tooLarge) {
            try await $0.send(envelope("a", "b", String(repeating: "A", count: 2_000)))
        },
        Misuse("a message that is too large", .tooLarge) {
            try await $0.send([UInt8](repeating: 0x41, count: 900), first: 0x01)
            try await $0.send([UInt8](repeating: 0x41, count: 900), first: 0x00)
        },
        Misuse("a length beyond all memory", .tooLarge) {
            try await $0.send([UInt8](repeating: 0x41, count: 70_000))
        },
        Misuse("no mask", .protocolError) { try await $0.send(Array(envelope("a", "b").utf8), isMasked: false) },
        Misuse("a reserved bit", .protocolError) { try await $0.send(Array(envelope("a", "b").utf8), first: 0xC1) },
        Misuse("an unknown opcode", .protocolError) { try await $0.send([1], first: 0x83) },
        Misuse("a continuation of nothing", .protocolError) { try await $0.send([1], first: 0x80) },
        Misuse("a fragmented ping", .protocolError) { try await $0.send([1], first: 0x09) },
    ])
    func eachMisuseHasItsCode(misuse: Misuse) async throws {
        try await server.run {
            $0.relay.maximumPayloadBytes = 1_024
        } _: { live in
            try await WebSocketClient.open("a", port: live.port) { client in
                try await misuse.act(client)
                #expect(try await client.next() == .closed(misuse.code.rawValue))
                #expect(await eventually { live.application.relay.counts.sessions == 0 })
            }
        }
    }

    @Test func anEmptyEndlessMessageEnds() async throws {
        try await server.run { live in
            try await WebSocketClient.open("a", port: live.port) { client in
                try await client.send([], first: 0x01)
                for _ in 0..<1_100 { try await client.send([], first: 0x00) }
                #expect(try await client.next() == .closed(1002))
            }
        }
    }

    @Test func aCloseIsAnswered() async throws {
        try await server.run { live in
            try await WebSocketClient.open("a", port: live.port) { client in
                try await client.send([0x03, 0xE8], first: 0x88)
                #expect(try await client.next() == .closed(1000))
                #expect(try await client.next() == .end)
            }
        }
    }

    /// The newer connection has the id: a client whose old one broke unseen is not locked out.
    @Test func theNewerSessionWins() async throws {
        try await server.run { live in
            try await WebSocketClient.open("a", port: live.port) { old in
                try await WebSocketClient.open("a", port: live.port) { new in
                    #expect(try await old.next() == .closed(4001))
                    try await new.send(Self.envelope("a", "a"))
                    #expect(try await new.next() == .text(Self.envelope("a", "a")))
                    #expect(live.application.relay.counts.sessions == 1)
                }
            }
        }
    }

    /// Ids are bytes: what looks the same in two normal forms are two sessions, and neither speaks for the other.
    @Test func idsThatDifferInNormalisationAlone() async throws {
        let (composed, decomposed) = ("zo\u{EB}", "zoe\u{308}")
        try await server.run { live in
            try await WebSocketClient.open("zo%C3%AB", port: live.port) { first in
                try await WebSocketClient.open("zoe%CC%88", port: live.port) { second in
                    #expect(await eventually { live.application.relay.counts.sessions == 2 })
                    // Strings that look the same are equal, so the payload tells them apart.
                    try await first.send(Self.envelope(composed, decomposed, "to the second"))
                    #expect(try await second.next() == .text(Self.envelope(composed, decomposed, "to the second")))
                    try await second.send(Self.envelope(decomposed, composed, "to the first"))
                    #expect(try await first.next() == .text(Self.envelope(decomposed, composed, "to the first")))
                    try await second.send(Self.envelope(composed, decomposed))
                    #expect(try await second.next() == .closed(1008))
                }
                try await first.send(Self.envelope(composed, composed, "to itself"))
                #expect(try await first.next() == .text(Self.envelope(composed, composed, "to itself")))
            }
        }
    }

    @Test func aSilentSessionIsPingedAndThenClosed() async throws {
        try await server.run {
            // The client must answer in as long, on a busy machine too.
            $0.relay.heartbeatSeconds = 10
        } _: { live in
            try await WebSocketClient.open("a", port: live.port) { client in
                #expect(try await client.next() == .ping)
                try await client.send([], first: 0x8A)
                #expect(try await client.next() == .ping)
                #expect(try await client.next() == .closed(4008))
            }
        }
    }

    /// One that does not read is closed, and the sender goes on.
    @Test func aSlowReaderIsClosed() async throws {
        try await server.run {
            $0.relay.messagesPerSecond = 0
            $0.relay.maximumQueuedBytes = 200_000
        } _: { live in
            try await WebSocketClient.open("slow", port: live.port, holding: 8_192) { slow in
                try await WebSocketClient.open("a", port: live.port) { sender in
                    let message = Self.envelope("a", "slow", String(repeating: "A", count: 100_000))
                    // The server's socket holds some before anything waits in the server.
                    #expect(
                        try await eventually {
                            try await sender.send(message)
                            return live.application.relay.counts.slowReaders == 1
                        })
                    #expect(live.application.relay.counts.sessions == 1)
                    for _ in 0..<3 { try await sender.send(message) }
                    try await sender.send(Self.envelope("a", "a"))
                    #expect(try await sender.next() == .text(Self.envelope("a", "a")))
                    // What came after it was for nobody, and ended nothing a second time.
                    let counts = live.application.relay.counts
                    #expect(counts.slowReaders == 1 && counts.undeliverable >= 4)
                }
                withExtendedLifetime(slow) {}
            }
        }
    }

    /// A message of the largest size has room in the smallest queue: nobody is closed for what others may send.
    @Test func theLargestMessageHasRoom() async throws {
        try await server.run {
            $0.relay.maximumPayloadBytes = 10_000
            $0.relay.maximumQueuedBytes = 10_000
        } _: { live in
            try await WebSocketClient.open("reader", port: live.port) { reader in
                try await WebSocketClient.open("a", port: live.port) { sender in
                    let room = 10_000 - Self.envelope("a", "reader", "").utf8.count
                    let message = Self.envelope("a", "reader", String(repeating: "A", count: room))
                    try await sender.send(message)
                    #expect(try await reader.next() == .text(message))
                }
            }
        }
    }

    /// A flood waits in its own socket; others are served meanwhile.
    @Test func aFloodDelaysNobodyElse() async throws {
        try await server.run {
            $0.relay.messagesPerSecond = 5
        } _: { live in
            try await WebSocketClient.open("flood", port: live.port) { flood in
                try await WebSocketClient.open("quiet", port: live.port) { quiet in
                    for _ in 0..<2_000 { try await flood.send(Self.envelope("flood", "nobody")) }
                    let start = ContinuousClock.now
                    try await quiet.send(Self.envelope("quiet", "quiet"))
                    #expect(try await quiet.next() == .text(Self.envelope("quiet", "quiet")))
                    #expect(ContinuousClock.now - start < .seconds(60), "the flood itself takes 400 s")
                }
            }
        }
    }

    /// However many messages one read brings, no more are taken over time than may come.
    @Test func aFloodIsTakenNoFasterThanItsRate() async throws {
        try await server.run {
            $0.relay.messagesPerSecond = 100
        } _: { live in
            try await WebSocketClient.open("flood", port: live.port) { flood in
                let start = ContinuousClock.now
                let message = Self.envelope("flood", "nobody", String(repeating: "A", count: 5_000))
                // A thousand are saved up; the others take four seconds, but for the last read.
                for _ in 0..<1_400 { try await flood.send(message) }
                #expect(await eventually { live.application.relay.counts.undeliverable == 1_400 })
                #expect(ContinuousClock.now - start > .seconds(3))
            }
        }
    }

    /// Pings cost what messages cost.
    @Test func aFloodOfPingsIsTakenNoFasterThanItsRate() async throws {
        try await server.run {
            $0.relay.messagesPerSecond = 500
        } _: { live in
            try await WebSocketClient.open("flood", port: live.port) { flood in
                let start = ContinuousClock.now
                let ping = [UInt8](repeating: 1, count: 125)
                for _ in 0..<9 { try await flood.send(ping, first: 0x89, times: 1_000) }
                for _ in 0..<9_000 where try await flood.next() != .pong { Issue.record("no pong") }
                // Five thousand are saved up; the others take eight seconds, but for the last read of 256 KiB.
                #expect(ContinuousClock.now - start > .seconds(2))
            }
        }
    }

    /// Of a client that takes none, pongs are not kept: it gets the newest ones that there is room for, and what else it is sent.
    @Test func pongsThatAreNotTaken() async throws {
        try await server.run {
            $0.relay.messagesPerSecond = 0
        } _: { live in
            try await WebSocketClient.open("flood", port: live.port, holding: 8_192) { flood in
                let ping = [UInt8](repeating: 1, count: 100)
                for _ in 0..<200 { try await flood.send(ping, first: 0x89, times: 1_000) }
                try await flood.send(Self.envelope("flood", "flood"))
                var pongs = 0
                while try await flood.next() == .pong { pongs += 1 }
                // 20 MB of them; sockets hold some.
                #expect(pongs > 0 && pongs < 150_000)
            }
        }
    }

    /// swift-nio#2632: an upgrade that is not made is answered like any request.
    @Test(arguments: ["h2c", "websocket"])
    func otherUpgradesAreOrdinaryRequests(upgrade: String) async throws {
        try await server.run { live in
            let request =
                "GET /health HTTP/1.1\r\nHost: x\r\nUpgrade: \(upgrade)\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            try await WebSocketClient.raw(port: live.port, request) { client in
                let (head, body) = (try await client.head(), try await client.rest())
                #expect(head.hasPrefix("HTTP/1.1 200 ") && head.contains("\r\nConnection: close"))
                #expect(body.contains("healthy"))
            }
        }
    }

    @Test func anOrdinaryConnectionServesManyRequests() async throws {
        try await server.run { live in
            let request = "GET /ws/a HTTP/1.1\r\nHost: x\r\n"
            try await WebSocketClient.raw(port: live.port, request + "\r\n") { client in
                let first = try await client.head()
                #expect(first.hasPrefix("HTTP/1.1 426 "))
                try await client.write(request + "Connection: close\r\n\r\n")
                let second = try await client.rest()
                #expect(second.contains("HTTP/1.1 426 "))
            }
        }
    }

    @Test(arguments: [
        ("/ws/a", ["Sec-WebSocket-Version: 12"], 426), ("/ws/a", ["Sec-WebSocket-Key: again"], 400),
        ("/ws/a", ["Content-Length: 5"], 400), ("/ws/", [], 400), ("/ws/a/b", [], 400),
        ("/ws/\(String(repeating: "a", count: 129))", [], 400), ("/ws/a%00b", [], 400),
        ("/ws/a", ["Origin: https://evil.example"], 403), ("/ws/a", ["Origin: null"], 403),
    ])
    func anUpgradeThatIsRefusedSaysWhy(path: String, headers: [String], status: Int) async throws {
        try await server.run {
            $0.corsOrigins = ["https://app.example"]
        } _: { live in
            try await WebSocketClient.raw(port: live.port, WebSocketClient.request(path, headers)) { client in
                let (head, body) = (try await client.head(), try await client.rest())
                #expect(head.hasPrefix("HTTP/1.1 \(status) "))
                #expect(body.hasPrefix(#"{"detail":""#))
            }
        }
    }

    @Test(arguments: ["http://127.0.0.1", "https://app.example"])
    func pagesOfOursMayOpenSessions(origin: String) async throws {
        try await server.run {
            $0.corsOrigins = ["https://app.example"]
        } _: { live in
            let request = WebSocketClient.request("/ws/a", ["Origin: \(origin)"])
            try await WebSocketClient.raw(port: live.port, request) { client in
                let head = try await client.head()
                #expect(head.hasPrefix("HTTP/1.1 101 "))
            }
        }
    }

    @Test func openingSessionsIsLimitedByAddressAndByNumber() async throws {
        try await server.run {
            $0.rateLimit = 0.01
            $0.rateBurstSeconds = 100
        } _: { live in
            try await WebSocketClient.open("a", port: live.port) { _ in
                try await WebSocketClient.raw(port: live.port, WebSocketClient.request("/ws/b")) { client in
                    let head = try await client.head()
                    #expect(head.hasPrefix("HTTP/1.1 429 "))
                    let seconds = head.firstMatch(of: /Retry-After: (\d+)/).flatMap { Int($0.1) }
                    // The bucket fills while the test runs.
                    #expect(seconds.map { (1...100).contains($0) } == true)
                }
            }
        }
        try await server.run {
            $0.relay.maximumSessions = 1
        } _: { live in
            try await WebSocketClient.open("a", port: live.port) { _ in
                #expect(await eventually { live.application.relay.counts.sessions == 1 })
                try await WebSocketClient.raw(port: live.port, WebSocketClient.request("/ws/b")) { client in
                    let head = try await client.head()
                    #expect(head.hasPrefix("HTTP/1.1 503 "))
                }
            }
        }
    }

    @Test func sessionsAreToldThatTheServerStops() async throws {
        try await server.run { live in
            try await WebSocketClient.open("a", port: live.port) { client in
                await live.group.triggerGracefulShutdown()
                let event = try await client.next()
                #expect(event == .closed(1001))
            }
        }
    }

    /// A head that is too large, and bytes that are no HTTP at all.
    @Test(arguments: [
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n", 431), ("\u{0}\u{1}\r\n\r\n", 400),
    ])
    func whatIsNoRequestIsRefused(bytes: String, status: Int) async throws {
        try await server.run { live in
            try await WebSocketClient.raw(port: live.port, bytes) { client in
                let answer = try await client.rest()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }
}
