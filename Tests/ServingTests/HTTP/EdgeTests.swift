import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Serving

/// What stands around every route.
struct EdgeTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    static func name(_ name: String) throws -> HTTPField.Name { try #require(HTTPField.Name(name)) }

    @Test func everyAnswerHasItsHeaders() async throws {
        try await server.test(server.service()) { client in
            for path in ["/health", "/nowhere", "/sth/latest", "/sth/chain?limit=x"] {
                let answer = try await client.execute(uri: path, method: .get)
                #expect(answer.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                #expect(answer.headers[try Self.name("X-Request-Id")]?.isEmpty == false)
                #expect(answer.headers[.contentType]?.hasPrefix("application/json") == true)
            }
            let missing = try await client.execute(uri: "/nowhere", method: .get)
            #expect(missing.status == .notFound && String(buffer: missing.body) == #"{"detail":"Not Found"}"#)
        }
    }

    @Test(arguments: [("abc-1.2_3", true), ("a b", false), ("", false), (String(repeating: "a", count: 129), false)])
    func aPlainRequestIDIsKept(id: String, isKept: Bool) async throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { label in
            JSONLogHandler(label: label, write: { line in lines.withLock { $0.append(line) } })
        }
        let settings = ServerSettings()
        let routes = Routes(
            try await server.service(), settings: settings, relay: Relay(settings.relay), logger: logger)
        let header = try Self.name("X-Request-Id")
        try await Application(router: routes.router(), logger: TestServer.silent).test(.router) { client in
            let answer = try await client.execute(
                uri: "/proof/inclusion?id=secret-name", method: .get, headers: [header: id])
            #expect((answer.headers[header] == id) == isKept)
            _ = try await client.execute(uri: "/ws/secret-name", method: .get)
        }
        let line = try #require(lines.withLock { $0.first })
        #expect(line.contains(#""request_id":"\#(id)""#) == isKept)
        #expect(line.contains(#""path":"/proof/inclusion""#) && line.contains(#""status":404"#))
        // Whom a client looks up is nobody's business.
        let all = lines.withLock { $0 }
        #expect(all.count == 2 && !all.contains { $0.contains("secret-name") }, "\(all)")
    }

    @Test func onlyListedOriginsMayRead() async throws {
        var settings = ServerSettings()
        settings.corsOrigins = ["https://app.example"]
        let (origin, method) = (HTTPField.Name.origin, try Self.name("Access-Control-Request-Method"))
        try await server.test(server.service(), settings) { client in
            let mine = try await client.execute(uri: "/health", method: .get, headers: [origin: "https://app.example"])
            #expect(mine.headers[.accessControlAllowOrigin] == "https://app.example")
            #expect(mine.headers[.vary] == "Origin")
            let other = try await client.execute(uri: "/health", method: .get, headers: [origin: "https://x.example"])
            #expect(other.status == .ok && other.headers[.accessControlAllowOrigin] == nil)
            let asked = try await client.execute(
                uri: "/did/register", method: .options, headers: [origin: "https://app.example", method: "POST"])
            #expect(asked.status == .noContent)
            #expect(asked.headers[.accessControlAllowMethods]?.contains("POST") == true)
            let refused = try await client.execute(
                uri: "/did/register", method: .options, headers: [origin: "https://x.example", method: "POST"])
            #expect(refused.status == .forbidden)
        }
    }

    @Test func registrationsAreLimitedByAddress() async throws {
        try await server.run {
            // The bucket fills while the test runs.
            $0.rateLimit = 0.001
            $0.rateBurstSeconds = 2_000
            $0.trustedProxies = [IPNetwork("127.0.0.0/8")].compactMap { $0 }
        } _: { live in
            func status(_ client: String) async throws -> String {
                let body = String(buffer: ServingTests.body("x"))
                let request =
                    "POST /did/register HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9, \(client)\r\n"
                    + "Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                let answer = Mutex("")
                try await WebSocketClient.raw(port: live.port, request) { client in
                    let text = try await client.rest()
                    answer.withLock { $0 = text }
                }
                return answer.withLock { $0 }
            }
            #expect(try await status("10.0.0.1").hasPrefix("HTTP/1.1 201 "))
            #expect(try await status("10.0.0.1").hasPrefix("HTTP/1.1 201 "))
            let refused = try await status("10.0.0.1")
            #expect(refused.hasPrefix("HTTP/1.1 429 ") && refused.contains(/\r\nRetry-After: (9\d\d|1000)\r\n/))
            #expect(try await status("10.0.0.2").hasPrefix("HTTP/1.1 201 "))
        }
    }

    @Test func aBodyThatIsTooLarge() async throws {
        try await server.test(server.service()) { client in
            let answer = try await client.execute(
                uri: "/did/register", method: .post, body: ByteBuffer(repeating: 0x20, count: 20_000))
            #expect(answer.status == .contentTooLarge)
        }
    }

    @Test func aHeadThatIsKnownIsNotSentAgain() async throws {
        let log = try await server.service()
        _ = try await log.register(TestServer.registration("a"))
        try await server.test(log) { client in
            let first = try await client.execute(uri: "/sth/latest", method: .get)
            let tag = try #require(first.headers[.eTag])
            for given in [tag, "\"x\", W/\(tag)", "*"] {
                let again = try await client.execute(
                    uri: "/sth/latest", method: .get, headers: [.ifNoneMatch: given])
                #expect(again.status == .notModified && again.body.readableBytes == 0)
            }
            _ = try await log.register(TestServer.registration("b"))
            let next = try await client.execute(uri: "/sth/latest", method: .get, headers: [.ifNoneMatch: tag])
            #expect(next.status == .ok)
        }
    }
}
