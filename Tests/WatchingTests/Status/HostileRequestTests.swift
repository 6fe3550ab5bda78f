import Foundation
import HostileLog
import Listening
import NIOCore
import Synchronization
import Testing
import TransparencyLog

@testable import Watching

/// Requests that no honest client sends, to the watcher's one port over a socket.
struct HostileRequestTests {
    private static let honest = HostileRequest.honest("/-/healthy")
    private static let submit = "/gossip/v1/heads"
    private static let requests = HostileRequest.all(get: "/-/healthy", post: submit, bodied: 413)

    /// A watcher that takes in heads from anybody, as fast as they come.
    private static func serve(
        _ change: @Sendable @escaping (inout WatchConfiguration.Status) -> Void = { _ in },
        _ body: @Sendable @escaping (Int, GossipNode) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            server.answer(log.script())
            let node = try GossipNode("a", address: "127.0.0.1", log: url)
            try node.start(log, leaves: true, peers: []) {
                $0.limits.submissionsPerMinute = 1_000_000
                $0.limits.submissionBytes = 4_096
            }
            await node.poll()
            try await node.serve(log, logger: node.harness.logger, status: change) {
                let port = try #require(node.url.split(separator: ":").last.flatMap { Int($0) })
                try await body(port, node)
                node.kill()
            }
        }
    }

    @Test func eachHasOneAnswer() async throws {
        try await Self.serve { port, node in
            for request in Self.requests {
                let answer = try await RawClient.ask(port, [request.bytes + Array(Self.honest.utf8)])
                #expect(
                    answer.codes == (request.ends ? [request.code] : [request.code, 200]), "\(request): \(answer.text)")
                #expect(answer.isEnded, "\(request)")
                if request.code >= 400, request.ends {
                    #expect(answer.text.lowercased().contains("\r\nconnection: close\r\n"), "\(request)")
                }
                #expect(try await RawClient.ask(port, Self.honest).codes == [200], "behind \(request)")
            }
            // What strangers send wrongly is nothing for the operator's log.
            #expect(node.harness.lines.withLock { $0.allSatisfy { !$0.contains(#""level":"error""#) } })
        }
    }

    @Test func inPieces() async throws {
        try await Self.serve { port, _ in
            for request in Self.requests where request.bytes.count < 200 {
                let middle = request.bytes.count / 2
                let pieces = [
                    Array(request.bytes[..<middle]), Array(request.bytes[middle...]) + Array(Self.honest.utf8),
                ]
                let answer = try await RawClient.ask(port, pieces)
                #expect(
                    answer.codes == [request.code] || (!request.ends && answer.codes == [request.code, 200])
                        || (request.ends && answer.codes == [413]), "\(request): \(answer.text)")
                #expect(answer.isEnded, "\(request)")
            }
        }
    }

    /// The name counts that a target in absolute form has, so that no page of a foreign name reads along.
    @Test func aForeignNameInTheTarget() async throws {
        try await Self.serve { (port, _) async throws in
            func ask(_ target: String, host: String) async throws -> [Int] {
                try await RawClient.ask(
                    port, "GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
                ).codes
            }
            #expect(try await ask("/", host: "localhost") == [200])
            #expect(try await ask("/", host: "evil.example") == [421])
            #expect(try await ask("http://evil.example/", host: "localhost") == [421])
            #expect(try await ask("http://localhost/", host: "evil.example") == [200])
        }
    }

    @Test func bounds() async throws {
        try await Self.serve {
            $0.connection.headerBytes = 1_024
            $0.connection.fieldBytes = 512
            $0.connection.fieldCount = 8
        } _: { port, _ in
            let long = String(repeating: "a", count: 600)
            let heads = [
                "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(long)\r\n\r\n",
                "GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(long.prefix(450))\r\nY: \(long.prefix(450))\r\nZ: \(long.prefix(450))\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: y\r\n", count: 8))\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 3_000_000))",
            ]
            for head in heads {
                let answer = try await RawClient.ask(port, head)
                #expect(answer.codes == [431] && answer.isEnded)
            }
            let announced = try await RawClient.ask(
                port, "POST \(Self.submit) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n")
            #expect(announced.codes == [413] && announced.isEnded && announced.text.contains("at most 4096 bytes"))
        }
    }

    @Test(arguments: [
        "", "GET /-/heal", "GET /-/healthy HTTP/1.1\r\nX: y\r\n",
        "POST /gossip/v1/heads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
        "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\nGET /-/heal",
    ])
    func silence(start: String) async throws {
        try await Self.serve {
            $0.connection.idle = .milliseconds(200)
        } _: { (port, _) async throws in
            #expect(try await RawClient.ask(port, start).isEnded)
        }
    }

    @Test(arguments: [
        "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST /gossip/v1/heads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n",
        "POST /gossip/v1/heads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
        "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n",
    ])
    func dripping(start: String) async throws {
        try await Self.serve {
            $0.connection.idle = .milliseconds(200)
            $0.requestTimeout = .milliseconds(200)
        } _: { port, _ in
            let answer = try await RawClient.drip(port, start, 4_000)
            #expect(answer.isEnded && answer.codes.count <= 1 && answer.sent < 4_001, "\(answer.text)")
        }
    }

    /// All connections that may be are held by who says nothing; the next one is answered once they are ended.
    @Test func allConnectionsHeld() async throws {
        try await Self.serve {
            $0.connections = 4
            // Long enough for an honest client whose bytes a busy machine reads late.
            $0.connection.idle = .seconds(2)
        } _: { port, _ in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await RawClient.ask(port, "GET /").isEnded } }
                for _ in 0..<4 {
                    #expect(try await eventually { try await RawClient.ask(port, Self.honest).codes == [200] })
                }
                for try await isEnded in group { #expect(isEnded) }
            }
        }
    }

    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
    func anyJSON() async throws {
        try await Self.serve { port, _ in
            for path in PublicVectors.files(in: "JSONTestSuite/test_parsing") {
                let body = try PublicVectors.bytes(path)
                let head =
                    "POST \(Self.submit) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n"
                let answer = try await RawClient.ask(port, [Array(head.utf8) + body])
                #expect(answer.codes == [body.count > 4_096 ? 413 : 400], "\(path): \(answer.text)")
                #expect(answer.text.contains(#"{"error":{"status":"#), "\(path)")
            }
        }
    }

    @Test(arguments: [
        "/evidence/../watch.db", "/evidence/..%2fwatch.db", "/evidence/%2e%2e/watch.db", "/log/../log.json",
        "/log/..%2flog.json", "/log/%00", "/log/%zz", "/log//etc/passwd", "//watch.db", "/evidence/..%5cwatch.db",
        "/gossip/v1/evidence/..%2f..%2fwatch.db", "/gossip/v1/evidence/../../../watch.db",
        "/api/v1/logs/..%2f..%2flog.json", "/watch.db", "/evidence/",
    ])
    func pathsUpwards(path: String) async throws {
        try await Self.serve { port, _ in
            let answer = try await RawClient.ask(port, HostileRequest.honest(path))
            #expect(answer.codes == [404] || answer.codes == [400], "\(answer.text)")
            #expect(!answer.text.contains("SQLite") && !answer.text.contains("cosigners"))
        }
    }
}
