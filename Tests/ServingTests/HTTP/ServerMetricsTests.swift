import Foundation
import HTTPTypes
import HostileLog
import HummingbirdTesting
import NIOCore
import Telemetry
import Testing
import TransparencyLog

@testable import Serving

struct ServerMetricsTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    private static func page(_ client: any TestClientProtocol) async throws -> String {
        String(buffer: try await client.execute(uri: "/metrics", method: .get).body)
    }

    private static func register(_ client: any TestClientProtocol, _ body: ByteBuffer) async throws -> Int {
        try await client.execute(uri: "/did/register", method: .post, body: body).status.code
    }

    @Test func answersAndRegistrationsAreCounted() async throws {
        var settings = ServerSettings()
        settings.rateLimit = 0.001
        settings.rateBurstSeconds = 3_000
        try await server.test(try await server.service(), settings) { client in
            #expect(try await Self.register(client, ServingTests.body("alice")) == 201)
            #expect(try await Self.register(client, ByteBuffer(string: "{")) == 400)
            #expect(try await Self.register(client, ByteBuffer(repeating: 0x20, count: 20_000)) == 413)
            #expect(try await Self.register(client, ServingTests.body("bob")) == 429)
            let page = try await Self.page(client)
            for line in [
                "nexo_server_registrations_total 1", #"nexo_server_registrations_refused_total{reason="malformed"} 2"#,
                #"nexo_server_registrations_refused_total{reason="rate_limited"} 1"#,
                #"nexo_server_registrations_refused_total{reason="not_published"} 0"#,
                #"nexo_server_responses_total{code="201"} 1"#, #"nexo_server_responses_total{code="400"} 1"#,
                #"nexo_server_responses_total{code="500"} 0"#, "nexo_server_request_duration_seconds_count 4",
                "nexo_server_registrations_waiting 0", "nexo_server_registrations_waiting_limit 10000",
                "nexo_server_ws_sessions_limit 12000", "process_up 1", "users_count 1",
            ] {
                #expect(page.contains("\n\(line)\n"), "\(line)")
            }
        }
    }

    /// No code appears for the first time with its first fault.
    @Test func everyCodeThatIsDescribedIsThereFromTheStart() async throws {
        // Sessions of the relay are not among the answers.
        let described = Set(ServerDescription.text.matches(of: /"(\d{3})":/).map { String($0.1) }).subtracting(["101"])
        #expect(described.contains("408"))
        try await server.test(try await server.service()) { client in
            let page = try await Self.page(client)
            for code in described { #expect(page.contains("nexo_server_responses_total{code=\"\(code)\"} 0\n")) }
        }
    }

    /// What a client did not do wrong is told apart from what it did.
    @Test func whyARegistrationWasNotTaken() async throws {
        let log = try await server.service(maximumWaiting: 0)
        try await server.test(log) { client in
            #expect(try await Self.register(client, ServingTests.body("alice")) == 503)
            await log.close()
            #expect(try await Self.register(client, ServingTests.body("alice")) == 503)
            let page = try await Self.page(client)
            for reason in ["busy", "stopping"] {
                #expect(page.contains("nexo_server_registrations_refused_total{reason=\"\(reason)\"} 1\n"))
            }
            #expect(page.contains("nexo_server_registrations_total 0\n"))
        }
    }

    @Test func aHeadWithoutItsQuorumIsCounted() async throws {
        let log = try await server.service(cosigning: NobodySigns())
        try await server.test(log) { client in
            #expect(try await Self.register(client, ServingTests.body("alice")) == 500)
            let page = try await Self.page(client)
            #expect(page.contains(#"nexo_server_registrations_refused_total{reason="not_published"} 1"#))
            #expect(page.contains(#"nexo_server_responses_total{code="500"} 1"#))
        }
    }

    /// The table in docs/SERVER.md is what the page says. `NEXO_WRITE_DOCS=1 swift test --filter ServerMetricsTests`
    /// writes it.
    @Test func theTableIsMadeFromThePage() async throws {
        try await server.test(try await server.service()) { client in
            _ = try await Self.register(client, ServingTests.body("alice"))
            let table = try Self.table(of: try await Self.page(client))
            #expect(try RepositoryFile.part("metrics", of: "docs/SERVER.md", writing: table) == table)
        }
    }

    @Test func everyMetricOfTheServerIsUsedAndNoOther() async throws {
        let dashboards = try Dashboards()
        let used = try dashboards.families("(?:nexo_server|ws|users|sth|process|last_sth)_")
        try await server.test(try await server.service()) { client in
            // The first page is the first request, of which the second tells.
            _ = try await Self.page(client)
            let shown = try await Self.page(client).matches(of: /TYPE ([a-z_]+)/).map { String($0.1) }
            #expect(used == Set(shown))
        }
    }

    /// One row for each family: its name and labels, its type, and its help.
    private static func table(of page: String) throws -> String {
        let lines = page.split(separator: "\n")
        var rows: [String] = []
        for (index, line) in lines.enumerated() where line.hasPrefix("# HELP ") {
            let help = line.split(separator: " ", maxSplits: 3)
            let kind = try #require(lines[index + 1].split(separator: " ").last)
            let labels = (lines[index + 2].firstMatch(of: /\{(.*)\}/)?.1 ?? "").matches(of: /([a-z]+)="/)
                .map { String($0.1) }.filter { $0 != "le" }
            let suffix = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            rows.append("| `\(help[2])\(suffix)` | \(kind) | \(help[3]) |")
        }
        return "| Metric | Type | What it says |\n| --- | --- | --- |\n" + rows.joined(separator: "\n") + "\n"
    }
}

/// Cosigners that are all away.
private struct NobodySigns: Cosigning {
    func cosign(_ heads: [HeadToSign], history: any TreeHistory) async -> [[Cosignature]] { heads.map { _ in [] } }
}
