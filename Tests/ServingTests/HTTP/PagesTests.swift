import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import Serving

struct PagesTests {
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
            #expect(seen.count == 12)
            let missing = try await client.execute(uri: "/ui/../users.jsonl", method: .get)
            #expect(missing.status == .notFound)
        }
    }
}
