import HostileLog
import Testing
import Watching

struct CurlLogSourceTests {
    static func request(_ url: String, from: UInt64? = nil, maximum: Int = 1_000, seconds: Int = 30) -> FetchRequest {
        FetchRequest(url: url, from: from, maximumBytes: maximum, timeoutSeconds: seconds)
    }

    @Test func bodiesStatusesAndRanges() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init("0123456789") }
            let source = try CurlLogSource()
            defer { source.stop() }
            let whole = try await source.get(Self.request(url + "/a"))
            #expect(whole.status == 200 && whole.body == Array("0123456789".utf8))
            let part = try await source.get(Self.request(url + "/a", from: 7))
            #expect(part.status == 206 && part.body == Array("789".utf8))
            server.answer { _ in .init("no", status: 500) }
            #expect(try await source.get(Self.request(url + "/a")).status == 500)
        }
    }

    @Test func aBodyBeyondTheLimitIsRefused() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(String(repeating: "x", count: 1_001)) }
            let source = try CurlLogSource()
            defer { source.stop() }
            let error = await #expect(throws: FetchError.self) { try await source.get(Self.request(url + "/x")) }
            #expect(error?.reason == .tooLarge)
        }
    }

    @Test func aSilentServerTimesOut() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(body: [], delay: .seconds(60)) }
            let source = try CurlLogSource()
            defer { source.stop() }
            let error = await #expect(throws: FetchError.self) {
                try await source.get(Self.request(url + "/x", seconds: 1))
            }
            #expect(error?.reason == .timeout)
        }
    }

    /// A stop does not wait for a silent server.
    @Test(.timeLimit(.minutes(1))) func aCancelledFetchEndsAtOnce() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(body: [], delay: .seconds(600)) }
            let source = try CurlLogSource()
            defer { source.stop() }
            let fetch = Task { try await source.get(Self.request(url + "/x", seconds: 600)) }
            #expect(await eventually { !server.asked.isEmpty })
            fetch.cancel()
            let result = await fetch.result
            #expect(throws: FetchError.self) { try result.get() }
        }
    }

    @Test(arguments: ["file:///etc/passwd", "http://127.0.0.1:1/", "not a url"])
    func whatCannotBeFetchedIsAnError(url: String) async throws {
        let source = try CurlLogSource()
        defer { source.stop() }
        await #expect(throws: FetchError.self) { try await source.get(Self.request(url + "/x")) }
    }

    @Test func aStoppedSourceFails() async throws {
        let source = try CurlLogSource()
        source.stop()
        await #expect(throws: FetchError.self) { try await source.get(Self.request("http://127.0.0.1:1/")) }
    }
}
