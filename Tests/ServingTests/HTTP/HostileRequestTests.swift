import Foundation
import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import TransparencyLog

@testable import Serving

/// Requests that no honest client sends, to the whole server over a socket.
struct HostileRequestTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    private static let honest = HostileRequest.honest("/health")
    private static let requests = HostileRequest.all(get: "/health", post: "/did/register", bodied: 200)

    private static func registration(_ id: String) -> String {
        let body = String(buffer: ServingTests.body(id))
        return "POST /did/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Each gets one answer, the next client is answered, and a registration behind a doubtful request is not taken.
    @Test func eachHasOneAnswer() async throws {
        try await server.run { live in
            for request in Self.requests {
                let answer = try await RawClient.ask(live.port, [request.bytes + Array(Self.honest.utf8)])
                #expect(
                    answer.codes == (request.ends ? [request.code] : [request.code, 200]), "\(request): \(answer.text)")
                #expect(answer.isEnded, "\(request)")
                if request.code >= 400, request.ends {
                    #expect(
                        answer.text.contains("\r\nConnection: close\r\n") || answer.text.contains("connection: close"))
                    #expect(answer.text.contains(/\r\n\r\n\{"detail":".+"\}$/), "\(request): \(answer.text)")
                }
                if request.ends {
                    _ = try await RawClient.ask(live.port, [request.bytes + Array(Self.registration("smuggled").utf8)])
                }
                #expect(try await RawClient.ask(live.port, Self.honest).codes == [200], "behind \(request)")
            }
            let health = try await RawClient.ask(live.port, Self.honest)
            #expect(health.text.contains(#""users_count":0"#))
            // The probe is a good one.
            let registered = try await RawClient.ask(live.port, Self.registration("honest") + Self.honest)
            #expect(registered.codes == [201, 200] && registered.text.contains(#""users_count":1"#))
        }
    }

    /// Wherever the network cuts it.
    @Test func inPieces() async throws {
        try await server.run { live in
            for request in Self.requests where request.bytes.count < 200 {
                let middle = request.bytes.count / 2
                let pieces = [
                    Array(request.bytes[..<middle]), Array(request.bytes[middle...]) + Array(Self.honest.utf8),
                ]
                let answer = try await RawClient.ask(live.port, pieces)
                // A head that is whole may be answered before its body is known to be none; then the connection ends.
                #expect(
                    answer.codes == [request.code] || (!request.ends && answer.codes == [request.code, 200])
                        || (request.ends && answer.codes == [200]), "\(request): \(answer.text)")
                #expect(answer.isEnded, "\(request)")
            }
        }
    }

    @Test(arguments: [
        ("Host: localhost\r\nHost: other.example", 400), ("X: y", 400), ("Host: a/b", 400),
        ("Host: localhost\r\nContent-Length: 4", 400), ("Host: localhost\r\nTransfer-Encoding: chunked", 400),
        ("Host: localhost\r\nTransfer-Encoding: xchunked", 400), ("Host: localhost\r\nX : y", 400),
    ])
    func upgrades(fields: String, code: Int) async throws {
        try await server.run { live in
            let upgrade =
                "GET /ws/a HTTP/1.1\r\n\(fields)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            let answer = try await RawClient.ask(live.port, upgrade + Self.honest)
            #expect(answer.codes == [code] && answer.isEnded, "\(answer.text)")
            #expect(live.application.relay.counts.sessions == 0)
        }
    }

    /// NIO's decoder reads nothing behind an upgrade, though it is only asked for in the second request.
    @Test func anUpgradeThatIsNotTheFirstRequest() async throws {
        try await server.run { live in
            let first = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let second =
                "GET /ws/a HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            let answer = try await RawClient.ask(live.port, first + second + Self.honest)
            #expect(answer.codes == [200, 426] && answer.isEnded)
        }
    }

    /// Without a length, an answer to HTTP/1.0 ends with its connection, and has no chunks.
    @Test func anOlderClient() async throws {
        try await server.fill(3)
        try await server.run { live in
            let answer = try await RawClient.ask(live.port, "GET /sth/chain HTTP/1.0\r\n\r\n")
            #expect(answer.codes == [200] && answer.isEnded)
            let body = try #require(answer.text.ranges(of: "\r\n\r\n").first.map { answer.text[$0.upperBound...] })
            #expect(!answer.text.lowercased().contains("transfer-encoding"))
            let chain = try JSONReader.parse(Array(body.utf8))
            #expect(chain.elements?.count == 3)
        }
    }

    @Test func bounds() async throws {
        try await server.run {
            $0.maximumHeaderBytes = 1_024
            $0.maximumBodyBytes = 256
        } _: { live in
            let long = String(repeating: "a", count: 1_100)
            let heads = [
                "GET /health HTTP/1.1\r\nHost: localhost\r\nX: \(long)\r\n\r\n",
                "GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n",
                // A head that has no end.
                "GET /health HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 3_000_000))",
            ]
            for head in heads {
                let answer = try await RawClient.ask(live.port, head)
                #expect(answer.codes == [431] && answer.isEnded)
            }
            let body = String(repeating: "a", count: 257)
            let large = try await RawClient.ask(
                live.port, "POST /did/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 257\r\n\r\n\(body)")
            #expect(large.codes == [413] && large.text.contains("at most 256 bytes"))
            // It is not waited for.
            let announced = try await RawClient.ask(
                live.port, "POST /did/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n")
            #expect(announced.codes == [413] && announced.isEnded)
        }
    }

    /// Nothing is said, a head has no end, or a body: each connection ends by itself, and others are answered meanwhile.
    @Test(arguments: [
        "", "GET /heal", "GET /health HTTP/1.1\r\nX: y\r\n",
        "POST /did/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
        "POST /did/register HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /heal",
    ])
    func silence(start: String) async throws {
        try await server.run {
            $0.idleSeconds = 2
        } _: { live in
            async let silent = RawClient.ask(live.port, start)
            // On a busy machine an honest client may be so late that it is taken for a silent one.
            #expect(try await eventually { try await RawClient.ask(live.port, Self.honest).codes == [200] })
            let answer = try await silent
            #expect(answer.isEnded)
        }
    }

    /// A byte now and then does not keep a connection.
    @Test(arguments: [
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST /did/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
        "POST /did/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16000\r\n\r\n",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
    ])
    func dripping(start: String) async throws {
        try await server.run {
            $0.idleSeconds = 1
        } _: { live in
            let answer = try await RawClient.drip(live.port, start, 4_000)
            #expect(answer.isEnded && answer.codes.count <= 1 && answer.sent < 4_001)
        }
    }

    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
    func anyJSON() async throws {
        try await server.test(server.service()) { client in
            for path in PublicVectors.files(in: "JSONTestSuite/test_parsing") {
                let body = ByteBuffer(bytes: try PublicVectors.bytes(path))
                let answer = try await client.execute(uri: "/did/register", method: .post, body: body)
                #expect(answer.status == (body.readableBytes > 16 << 10 ? .contentTooLarge : .badRequest), "\(path)")
                #expect(String(buffer: answer.body).hasPrefix(#"{"detail":""#), "\(path)")
            }
        }
    }

    /// Nothing is served by its path on the disk.
    @Test(arguments: [
        "/../trust.json", "/ui/../trust.json", "/ui/..%2f..%2ftrust.json", "/ui/lib/../../trust.json",
        "/ui/%2e%2e/trust.json",
        "/tile/0/../../trust.json", "/tile/0/..%2f..%2ftrust.json", "/tile/0/000.p/../../trust.json",
        "/log/../trust.json",
        "/log/users.jsonl/../keys/0.key", "/log/..%5c..%5ctrust.json", "/ui/trust.json%00.html", "//trust.json",
        "/./trust.json",
        "/keys/0.key", "/trust.json", "/ui//etc/passwd", "/log//etc/passwd", "/ui/%c0%ae%c0%ae/trust.json",
    ])
    func pathsUpwards(path: String) async throws {
        try await server.fill(1)
        try await server.run {
            $0.publishesUsers = true
        } _: { live in
            let answer = try await RawClient.ask(live.port, HostileRequest.honest(path))
            #expect(answer.codes == [404] || answer.codes == [400], "\(answer.text)")
            #expect(answer.text.contains(#"{"detail":""#) && !answer.text.contains("log_id"))
        }
    }

    /// More of them than there is work for: each is answered or ended, and nobody else waits.
    @Test func aFlood() async throws {
        try await server.run { live in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        for request in Self.requests where request.bytes.count < 2_000 {
                            let answer = try await RawClient.ask(live.port, [request.bytes + Array(Self.honest.utf8)])
                            #expect(answer.codes.count == (request.ends ? 1 : 2), "\(request)")
                        }
                    }
                }
                for _ in 0..<20 { #expect(try await RawClient.ask(live.port, Self.honest).codes == [200]) }
                try await group.waitForAll()
            }
        }
    }
}
