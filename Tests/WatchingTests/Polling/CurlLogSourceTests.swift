import Foundation
import HostileLog
import Testing

@testable import Watching

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

    /// A length is announced for nothing: no memory is taken for it that is not there.
    @Test func aLengthThatNobodyHasRoomFor() async throws {
        try await RawServer.run { connection in
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n0123456789")
        } _: { url in
            let source = try CurlLogSource()
            defer { source.stop() }
            let error = await #expect(throws: FetchError.self) {
                try await source.get(Self.request(url + "/x", maximum: 1 << 40))
            }
            #expect(error?.reason == .connect)
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
    @Test(.timeLimit(.minutes(5))) func aCancelledFetchEndsAtOnce() async throws {
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

    /// A redirect is an answer like any other: whoever is asked is who was pinned.
    @Test func redirectsAreNotFollowed() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { question in
                question.path == "/a"
                    ? .init(status: 302, body: [], headers: ["Location": url + "/b"]) : .init("followed")
            }
            let source = try CurlLogSource()
            defer { source.stop() }
            #expect(try await source.get(Self.request(url + "/a")).status == 302)
            #expect(server.asked.map(\.path) == ["/a"])
        }
    }

    @Test func headersAreBounded() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(body: [], headers: ["X-Long": String(repeating: "x", count: 3_000)]) }
            var limits = WatchConfiguration.Limits()
            limits.headerBytes = 2_000
            let source = try CurlLogSource(vantage: .direct, limits: limits)
            defer { source.stop() }
            let error = await #expect(throws: FetchError.self) { try await source.get(Self.request(url + "/x")) }
            #expect(error?.reason == .tooLarge && error?.detail == "the headers have more than 2000 bytes")
        }
    }

    /// A body counts as it is decoded: 130 kB of it are 20 MB here.
    @Test func aDecompressionBombIsRefused() async throws {
        try await ScriptedServer.run { server, url in
            let bomb = GzipBomb.bytes(matches: 80_000)
            server.answer { _ in .init(body: bomb, headers: ["Content-Encoding": "gzip"]) }
            let source = try CurlLogSource()
            defer { source.stop() }
            #expect(bomb.count < 140_000)
            let error = await #expect(throws: FetchError.self) {
                try await source.get(Self.request(url + "/x", maximum: 1_000_000))
            }
            #expect(error?.reason == .tooLarge)
            let whole = try await source.get(Self.request(url + "/x", maximum: 30_000_000))
            #expect(whole.body.count == 1 + 80_000 * 258 && whole.body.allSatisfy { $0 == 0x41 })
        }
    }

    @Test func whatIsAtHandIsNotSentAgain() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { question in
                question.headers["if-none-match"] == "\"v1\""
                    ? .init(status: 304, body: [])
                    : .init(body: [1, 2], headers: ["ETag": "\"v1\"", "Last-Modified": "long ago"])
            }
            let source = try CurlLogSource()
            defer { source.stop() }
            var request = Self.request(url + "/a")
            request.validators = try await source.get(request).validators
            #expect(request.validators?.etag == "\"v1\"" && request.validators?.lastModified == nil)
            #expect(try await source.get(request).status == 304)
        }
    }

    @Test func aServersClockAndItsWishes() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in
                .init(
                    status: 503, body: [], headers: ["Retry-After": "120"])
            }
            let source = try CurlLogSource()
            defer { source.stop() }
            let response = try await source.get(Self.request(url + "/a"))
            #expect(response.retryAfter == 120)
            let clock = try #require(response.clock)
            #expect(abs(Date(timeIntervalSince1970: TimeInterval(clock.date)).timeIntervalSinceNow) < 60)
            #expect(clock.age >= 0 && (0.5..<20).contains(clock.uncertainty))
        }
    }

    /// An answer that drips is given up long before the request's time is over.
    @Test(.timeLimit(.minutes(5))) func aSlowAnswerIsGivenUp() async throws {
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(body: [], delay: .seconds(600)) }
            var limits = WatchConfiguration.Limits()
            limits.lowSpeedTime = 1
            let source = try CurlLogSource(vantage: .direct, limits: limits)
            defer { source.stop() }
            let error = await #expect(throws: FetchError.self) {
                try await source.get(Self.request(url + "/x", seconds: 600))
            }
            #expect(error?.reason == .timeout)
        }
    }

    /// A proxy that is not there is its own reason, or no connection; the environment's proxy is none of ours.
    @Test func aProxyThatIsNotThere() async throws {
        var vantage = WatchConfiguration.Vantage(name: "away")
        vantage.proxy = "socks5h://127.0.0.1:1"
        let source = try CurlLogSource(vantage: vantage, limits: .init())
        defer { source.stop() }
        let error = await #expect(throws: FetchError.self) { try await source.get(Self.request("http://127.0.0.1:2/")) }
        #expect(error?.reason == .connect || error?.reason == .proxy)
    }
}
