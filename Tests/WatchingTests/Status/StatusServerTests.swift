import HTTPTypes
import HostileLog
import HummingbirdTesting
import NIOCore
import Telemetry
import Testing

@testable import Watching

struct StatusServerTests {
    let fixture: StatusStoreFixture

    init() throws { fixture = try StatusStoreFixture() }

    @Test(arguments: [HTTPRequest.Method.post, .put, .delete, .patch, .options, .trace, .connect])
    func onlyReadingIsAnswered(method: HTTPRequest.Method) async throws {
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            for address in ["/", "/metrics", "/api/v1/logs", "/-/healthy"] {
                let response = try await client.get(address, method: method)
                #expect(response.status == .methodNotAllowed && response.headers[.allow] == "GET, HEAD")
            }
        }
    }

    @Test func aQuestionHasNoBody() async throws {
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            let response = try await client.execute(uri: "/", method: .get, body: ByteBuffer(string: "a body"))
            #expect(response.status == .contentTooLarge && response.headers[.connection] == "close")
            let chunked = try await client.get("/", [.transferEncoding: "chunked"])
            #expect(chunked.status == .contentTooLarge)
        }
    }

    @Test(arguments: ["/", "/metrics", "/api/v1/logs", "/api/v1/logs?limit=0", "/style.css", "/nothing", "/-/healthy"])
    func everyAnswerIsGuardedInBrowsers(address: String) async throws {
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            let headers = try await client.get(address).headers
            let policy = try #require(headers[.contentSecurityPolicy])
            #expect(
                policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe") && !policy.contains("script"))
            #expect(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'none'"))
            #expect(headers[.xContentTypeOptions] == "nosniff" && headers[.cacheControl] != nil)
        }
    }

    @Test func readinessIsToldApart() async throws {
        let harness = try SiteHarness(fixture.configuration)
        try await harness.run { (client) async throws in
            #expect(try await client.get("/-/ready").status == .serviceUnavailable)
            #expect(try await client.get("/-/healthy").status == .ok)
            await harness.readiness.set()
            #expect(try await client.get("/-/ready").status == .ok)
        }
    }

    @Test func whatTakesTooLongIsEnded() async throws {
        var harness = try SiteHarness(fixture.configuration)
        harness.timeLimit = .zero
        try await harness.run { (client) async throws in
            let response = try await client.get("/api/v1/logs")
            #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "10")
        }
        let limit = TimeLimit(limit: .milliseconds(1))
        await #expect(throws: TimeLimit.Exceeded.self) {
            try await limit.run { try await Task.sleep(for: .seconds(60)) }
        }
        #expect(try await TimeLimit(limit: .seconds(60)).run { 7 } == 7)
    }

    @Test func metricsInBothFormats() async throws {
        let registry = PrometheusRegistry()
        let metrics = WatchMetrics(registry: registry)
        for log in try fixture.configuration.watchedLogs() { metrics.prepare(log) }
        try await SiteHarness(fixture.configuration, registry: registry).run { (client) async throws in
            let plain = try await client.get("/metrics")
            #expect(plain.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(String(buffer: plain.body).contains("# TYPE nexo_watch_polls_total counter\n"))
            let open = try await client.get("/metrics", [.accept: "application/openmetrics-text;version=1.0.0"])
            #expect(open.headers[.contentType] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            let text = String(buffer: open.body)
            #expect(
                text.contains("# TYPE nexo_watch_polls counter\nnexo_watch_polls_total{") && text.hasSuffix("# EOF\n"))
        }
    }

    @Test(arguments: [
        ("127.0.0.1:9464", "127.0.0.1", 9464), ("[::1]:0", "::1", 0), ("watch.example:65535", "watch.example", 65_535),
    ])
    func addresses(listen: String, host: String, port: Int) throws {
        let address = try #require(StatusServer.address(listen))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: ["", ":", ":80", "host", "host:", "host:65536", "host:-1", "host:x"])
    func noAddresses(listen: String) { #expect(StatusServer.address(listen) == nil) }
}
