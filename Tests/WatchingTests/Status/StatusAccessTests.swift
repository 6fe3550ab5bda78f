import Foundation
import HTTPTypes
import HostileLog
import HummingbirdTesting
import Testing
import TransparencyLog

@testable import Watching

struct StatusAccessTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    let fixture: StatusStoreFixture

    init() throws { fixture = try StatusStoreFixture() }

    private func configuration(
        _ listen: String, token: String? = nil, isBehindProxy: Bool = false, hosts: [String] = []
    ) throws -> WatchConfiguration {
        var configuration = fixture.configuration
        configuration.listen = listen
        configuration.status.tokenFile = try token.map { try fixture.folder.write($0, to: "token") }
        configuration.status.isBehindProxy = isBehindProxy
        configuration.status.hosts = hosts
        return configuration
    }

    @Test(arguments: ["127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"])
    func loopbackIsOpen(listen: String) throws {
        let access = try StatusAccess(configuration(listen))
        #expect(access.isLoopback && access.allows(authorization: nil))
        #expect(access.summary == "status and metrics are open to this machine alone")
    }

    @Test(arguments: [
        "0.0.0.0:1", "[::]:1", "192.0.2.1:1", "watch.example:1", "127.example.org:1", "127.0.0.1.example:1",
    ])
    func elsewhereATokenOrAProxyIsNeeded(listen: String) throws {
        let error = try #require(throws: ConfigurationFile.Invalid.self) {
            try StatusAccess(configuration(listen))
        }
        #expect(error.description.contains("status.token_file"))
        #expect(try StatusAccess(configuration(listen, isBehindProxy: true)).summary.contains("proxy"))
        #expect(try StatusAccess(configuration(listen, token: "\(Self.secret)\n")).summary.contains("token"))
    }

    @Test(arguments: ["", "short", "0123456789abcdef 0123456789abcdef", "0123456789abcdefé", "a\nb234567890123456"])
    func tokensThatAreNone(token: String) throws {
        #expect(throws: ConfigurationFile.Invalid.self) { try StatusAccess(configuration("0.0.0.0:1", token: token)) }
    }

    @Test func aTokenFileThatIsMissing() throws {
        var configuration = try configuration("127.0.0.1:1")
        configuration.status.tokenFile = fixture.folder.url.appending(path: "none").path
        #expect(throws: ConfigurationFile.Invalid.self) { try StatusAccess(configuration) }
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST:9464", true), ("127.0.0.1:9464", true), ("[::1]:9464", true), ("[::1]", true),
        ("watch.example", true), ("watch.example:443", true), ("evil.example", false),
        ("localhost.evil.example", false),
        ("127.0.0.2", false), ("", false), ("localhost:1@evil.example", false), (nil, false),
    ])
    func namesOfLoopback(host: String?, isAllowed: Bool) throws {
        let access = try StatusAccess(configuration("127.0.0.1:1", hosts: ["watch.example"]))
        #expect(access.allows(host: host) == isAllowed)
    }

    @Test func elsewhereAnyNameWillDoUnlessSomeAreSet() throws {
        #expect(try StatusAccess(configuration("0.0.0.0:1", isBehindProxy: true)).allows(host: "any.example"))
        let named = try StatusAccess(configuration("0.0.0.0:1", isBehindProxy: true, hosts: ["watch.example"]))
        #expect(named.allows(host: "watch.example") && !named.allows(host: "any.example"))
    }

    @Test(arguments: [
        ("Bearer \(secret)", true), ("bearer \(secret)", true), ("Bearer \(secret)x", false), ("Bearer ", false),
        ("Bearer", false), (secret, false), ("Basic \(Data(":\(secret)".utf8).base64EncodedString())", true),
        ("Basic \(Data("me:\(secret)".utf8).base64EncodedString())", true),
        ("Basic \(Data("\(secret):".utf8).base64EncodedString())", false), ("Basic ???", false), (nil, false),
        ("Digest \(secret)", false), ("Bearer \(secret.dropLast())", false),
    ])
    func tokens(authorization: String?, isAllowed: Bool) throws {
        let access = try StatusAccess(configuration("0.0.0.0:1", token: " \(Self.secret)\n"))
        #expect(access.allows(authorization: authorization) == isAllowed)
    }

    /// Everything but the two probes is behind the token, metrics too.
    @Test func whatATokenGuards() async throws {
        let harness = try SiteHarness(configuration("0.0.0.0:1", token: Self.secret))
        try await harness.run { (client) async throws in
            for address in ["/", "/metrics", "/log/log", "/api/v1/logs", "/style.css", "/evidence/00", "/nothing"] {
                let response = try await client.get(address)
                #expect(response.status == .unauthorized, "\(address)")
                #expect(response.headers[.wwwAuthenticate]?.contains("Bearer") == true)
            }
            for address in ["/-/healthy", "/-/ready"] {
                #expect(try await client.get(address).status != .unauthorized, "\(address)")
            }
            let headers: HTTPFields = [.authorization: "Bearer \(Self.secret)"]
            for address in ["/", "/metrics", "/log/log", "/api/v1/logs"] {
                #expect(try await client.get(address, headers).status == .ok, "\(address)")
            }
        }
    }

    @Test func aForeignNameIsTurnedAway() async throws {
        let harness = try SiteHarness(configuration("0.0.0.0:1", isBehindProxy: true, hosts: ["watch.example"]))
        try await harness.run { (client) async throws in
            #expect(try await client.get("/").status == .misdirectedRequest)
            #expect(try await client.get("/-/healthy").status == .ok)
        }
    }
}
