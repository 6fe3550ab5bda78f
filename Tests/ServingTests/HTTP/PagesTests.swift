import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import TransparencyLog

@testable import Serving

struct PagesTests {
    /// Pages may ask the watchers that are configured, and nobody else.
    @Test func theWatchersOfTheSettings() async throws {
        let server = try TestServer()
        var settings = ServerSettings()
        for (watchers, asked) in [
            ([], "connect-src 'self';"),
            (
                ["https://w1.example", "http://127.0.0.1:9464"],
                "connect-src 'self' https://w1.example/gossip/v1/ http://127.0.0.1:9464/gossip/v1/;"
            ),
        ] {
            settings.watchers = watchers
            let log = try await server.service()
            try await server.test(log, settings) { client in
                let page = try await client.execute(uri: "/ui/chat", method: .get)
                #expect(page.headers[.contentSecurityPolicy]?.contains(asked) == true)
                let list = try await client.execute(uri: "/ui/watchers.json", method: .get)
                #expect(
                    try JSONReader.parse(Array(buffer: list.body))["watchers"]?.elements?.map { $0.text?.description }
                        == watchers)
            }
            await log.close()
        }
    }

    /// Every file that a page or a module names is there, and none names another host or has anything in line.
    @Test func pagesAreWholeAndLoadNothingFromElsewhere() async throws {
        let server = try TestServer()
        try await server.test(server.service()) { client in
            var open = ["/ui/chat", "/ui/audit", "/ui/admin"]
            var seen: Set<String> = []
            while let path = open.popLast() {
                guard seen.insert(path).inserted else { continue }
                let answer = try await client.execute(uri: path, method: .get)
                #expect(answer.status == .ok, "\(path)")
                #expect(answer.headers[.contentSecurityPolicy]?.contains("script-src 'self';") == true)
                let text = String(buffer: answer.body)
                for scheme in ["https://", "http://"] {
                    #expect(!text.replacing("http://www.w3.org", with: "").contains(scheme))
                }
                if path.contains(".") == false { #expect(!text.contains("style=") && !text.contains("onclick")) }
                for match in text.matches(of: /(?:src|href|from)[= ]"([^"]+)"/) {
                    let url = URL(string: String(match.1), relativeTo: URL(string: "http://x\(path)"))
                    open.append(try #require(url).path)
                }
            }
            #expect(seen.count == 15)
            let missing = try await client.execute(uri: "/ui/../users.jsonl", method: .get)
            #expect(missing.status == .notFound)
        }
    }
}
