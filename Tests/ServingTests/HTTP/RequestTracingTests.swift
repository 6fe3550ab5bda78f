import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import InMemoryTracing
import Logging
import NIOCore
import Telemetry
import Testing
import Tracing

@testable import Serving

/// The spans of requests: in their caller's trace, told by their route, and without a word on who is asked for.
struct RequestTracingTests {
    let server: TestServer
    let tracer = InMemoryTracer()

    init() throws { server = try TestServer() }

    /// The header of an in-memory trace, which stands for `traceparent`.
    private static func headers() throws -> HTTPFields {
        [
            try EdgeTests.name(InMemoryTracer.traceIDKey): "their-trace",
            try EdgeTests.name(InMemoryTracer.spanIDKey): "their-span",
            try EdgeTests.name("traceparent"): "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            .userAgent: "secret-agent", .authorization: "Bearer secret-token", .cookie: "secret-cookie",
        ]
    }

    @Test func aRequestIsInItsCallersTrace() async throws {
        try await withTracer(tracer) {
            try await server.test(server.service()) { client in
                let answer = try await client.execute(uri: "/health", method: .get, headers: Self.headers())
                #expect(answer.status == .ok)
            }
        }
        let span = try #require(tracer.ended("GET /health").first)
        #expect(tracer.finishedSpans.count == 1 && tracer.activeSpans.isEmpty)
        #expect(span.kind == .server && span.traceID == "their-trace" && span.parentSpanID == "their-span")
        #expect(span["http.request.method"] == "GET" && span["http.route"] == "/health")
        #expect(span["http.response.status_code"] == 200 && !span.isError)
        #expect(span["http.response.body.size"] != nil)
        // A backend that reads W3C's header finds it.
        let carrier = tracer.performedContextExtractions.first?.carrier as? @Sendable (String) -> String?
        #expect(carrier?("traceparent")?.hasPrefix("00-0af7651916cd43dd") == true)
    }

    /// Of a body that is written piece by piece, the span ends with the last one.
    @Test func aStreamIsToldAtItsEnd() async throws {
        let log = try await server.service()
        for id in ["a", "b", "c"] { _ = try await log.register(TestServer.registration(id)) }
        try await withTracer(tracer) {
            try await server.test(log) { client in
                let answer = try await client.execute(uri: "/sth/chain?limit=3", method: .get)
                #expect(answer.body.readableBytes > 100)
            }
        }
        #expect(tracer.ended("GET /sth/chain").count == 1 && tracer.activeSpans.isEmpty)
    }

    @Test(arguments: [
        ("/proof/inclusion?id=secret-name", HTTPRequest.Method.get, "GET /proof/inclusion", 404),
        ("/ws/secret-name", .get, "GET /ws/{session}", 426), ("/secret-name", .get, "GET", 404),
        ("/did/register", .put, "PUT", 405), ("/did/register", .post, "POST /did/register", 400),
    ])
    func nobodyIsNamed(uri: String, method: HTTPRequest.Method, name: String, status: Int) async throws {
        try await withTracer(tracer) {
            try await server.test(server.service()) { client in
                _ = try await client.execute(
                    uri: uri, method: method, headers: Self.headers(),
                    body: ByteBuffer(string: method == .post ? #"{"id":"secret-name"}"# : ""))
            }
        }
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.operationName == name && span["http.response.status_code"] == .int64(Int64(status)))
        // The client's fault, not the server's.
        #expect(!span.isError && tracer.finishedSpans.count == 1)
        #expect(!tracer.words.contains("secret"))
    }

    /// A client cannot make names of its own.
    @Test func anUnknownMethodHasNoName() async throws {
        let method = try #require(HTTPRequest.Method("SECRET"))
        try await withTracer(tracer) {
            try await server.test(server.service()) { client in
                _ = try await client.execute(uri: "/health", method: method)
            }
        }
        #expect(tracer.finishedSpans.map(\.operationName).allSatisfy { $0.hasPrefix("_OTHER") })
        #expect(tracer.finishedSpans.count == 1 && !tracer.words.contains("SECRET"))
    }

    private struct Fault: Error, CustomStringConvertible {
        let description = "a secret of the disk"
    }

    @Test(arguments: [true, false]) func aFaultOfTheServerIsAnError(isThrown: Bool) async throws {
        let router = Router(context: ServerContext.self)
        router.add(middleware: EdgeMiddleware(logger: TestServer.silent))
        router.add(middleware: RequestTracing())
        router.get("fault/:id") { _, _ in
            if isThrown { throw Fault() }
            return Response(status: .internalServerError)
        }
        try await withTracer(tracer) {
            try await Application(router: router, logger: TestServer.silent).test(.router) { client in
                let answer = try await client.execute(uri: "/fault/secret-name", method: .get)
                #expect(answer.status == .internalServerError)
            }
        }
        let span = try #require(tracer.ended("GET /fault/{id}").first)
        #expect(span.isError && span["error.type"] == "500" && span["http.response.status_code"] == 500)
        #expect(!tracer.words.contains("secret") && tracer.activeSpans.isEmpty)
    }
}
