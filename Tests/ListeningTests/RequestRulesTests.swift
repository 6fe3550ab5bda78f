import NIOHTTP1
import Testing

@testable import Listening

struct RequestRulesTests {
    private static func fault(
        _ headers: HTTPHeaders, _ uri: String = "/", method: HTTPMethod = .GET, version: HTTPVersion = .http1_1
    ) -> HTTPResponseStatus? {
        var head = HTTPRequestHead(version: version, method: method, uri: uri, headers: headers)
        do { try RequestRules.check(&head) } catch { return error.status }
        return nil
    }

    @Test(arguments: [
        "localhost", "localhost:80", "localhost:", "127.0.0.1:1", "[::1]", "[::1]:65535", "a.b-c_d~e", "%20", "",
        "[v1.a:b]",
    ])
    func hosts(host: String) { #expect(Self.fault(["Host": host]) == nil) }

    @Test(arguments: [
        ":80", "a:b", "a:80:80", "a b", "a,b c", "a/b", "a@b", "a?b", "a#b", "[]", "[::1", "::1", "[::1]80", "a:123456",
        "ä",
    ])
    func noHosts(host: String) { #expect(Self.fault(["Host": host]) == .badRequest) }

    @Test func howManyHosts() {
        #expect(Self.fault([:]) == .badRequest)
        #expect(Self.fault([:], version: .http1_0) == nil)
        #expect(Self.fault(HTTPHeaders([("Host", "a"), ("host", "a")])) == .badRequest)
        #expect(Self.fault(HTTPHeaders([("Host", "a"), ("Host", "a")]), version: .http1_0) == .badRequest)
    }

    @Test(
        arguments: [
            ("chunked", nil), ("CHUNKED\t", nil), ("xchunked", .badRequest), ("", .badRequest),
            ("chunked,", .badRequest),
            ("identity", .badRequest), ("chunked, identity", .badRequest), ("gzip, chunked", .notImplemented),
            (", chunked", .notImplemented), ("chunked;q=1", .badRequest),
        ] as [(String, HTTPResponseStatus?)])
    func codings(coding: String, status: HTTPResponseStatus?) {
        #expect(Self.fault(["Host": "a", "Transfer-Encoding": coding], method: .POST) == status)
    }

    @Test func codingsThatMayNotBe() {
        #expect(Self.fault(["Host": "a", "Transfer-Encoding": "chunked"], version: .http1_0) == .badRequest)
        #expect(Self.fault(["Host": "a", "Transfer-Encoding": "chunked", "Content-Length": "0"]) == .badRequest)
        #expect(
            Self.fault(HTTPHeaders([("Host", "a"), ("Transfer-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]))
                == .notImplemented)
    }

    @Test(arguments: [
        ("http://b/c?d", "/c?d", "b"), ("HTTP://b:80", "/", "b:80"), ("https://b?c", "/?c", "b"),
        ("http://[::1]//c", "//c", "[::1]"),
        ("/c://d", "/c://d", "a"), ("//b/c", "//b/c", "a"),
    ])
    func targets(target: String, path: String, host: String) throws {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["Host": "a"])
        try RequestRules.check(&head)
        #expect(head.uri == path && head.headers["Host"] == [host])
    }

    @Test(arguments: [
        "", "a", "*", "a/b", "ftp://b/", "http://", "http:///a", "http://a@b/", "http://a b/", "/#", "http://b/#c",
        "?a",
    ])
    func noTargets(target: String) { #expect(Self.fault(["Host": "a"], target) == .badRequest) }

    @Test func anAsteriskIsOfOptions() { #expect(Self.fault(["Host": "a"], "*", method: .OPTIONS) == nil) }
}
