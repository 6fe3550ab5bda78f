/// A request that no honest client sends, with what may come of it by RFC 9112. A GET of something that is there, and a POST of
/// something that is refused with 400 for its content, are what each program brings.
public struct HostileRequest: Sendable, CustomStringConvertible {
    public let name: String
    public let bytes: [UInt8]
    /// Of its one answer.
    public let code: Int
    /// Nothing behind it is taken for a request: the connection ends with its answer.
    public let ends: Bool

    public var description: String { name }

    init(_ name: String, _ text: String, _ code: Int = 400, ends: Bool = true) {
        self.init(name, Array(text.utf8), code, ends: ends)
    }

    init(_ name: String, _ bytes: [UInt8], _ code: Int = 400, ends: Bool = true) {
        (self.name, self.bytes, self.code, self.ends) = (name, bytes, code, ends)
    }

    public static func honest(_ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    }

    /// - Parameters:
    ///   - get: a path that is answered with 200.
    ///   - post: a path whose POST is answered with 400.
    ///   - bodied: how a GET with a body is answered.
    public static func all(get: String, post: String, bodied: Int) -> [Self] {
        let requests = Shapes(path: get, target: post)
        return requests.codings + requests.lengths + requests.chunks + requests.fields + requests.hosts
            + requests.targets
            + requests.lines + requests.ends + requests.bodied(bodied)
    }
}

/// The requests, by what is wrong with them.
private struct Shapes {
    let path: String
    let target: String

    private func get(
        _ fields: String = "", _ body: String = "", method: String = "GET", target: String? = nil,
        version: String = "HTTP/1.1", host: String = "Host: localhost\r\n"
    ) -> String {
        "\(method) \(target ?? path) \(version)\r\n\(host)\(fields.isEmpty ? "" : fields + "\r\n")\r\n\(body)"
    }

    private func post(_ fields: String, _ body: String = "") -> String {
        get(fields, body, method: "POST", target: target)
    }

    private func chunk(_ size: String, _ rest: String = "\r\nhello\r\n0\r\n\r\n") -> String {
        post("Transfer-Encoding: chunked", size + rest)
    }

    private static let none = "0\r\n\r\n"
    private static let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    /// Section 6.1: what is not chunked, or not at the end, has no end that is known.
    var codings: [HostileRequest] {
        [
            .init("an unknown coding", post("Transfer-Encoding: xchunked", "5\r\nhello\r\n" + Self.none)),
            .init("an unknown coding of a GET", get("Transfer-Encoding: xchunked", Self.none)),
            .init("the coding identity", post("Transfer-Encoding: identity", "hello")),
            .init("a quoted coding", post("Transfer-Encoding: \"chunked\"", Self.none)),
            .init("an empty coding", post("Transfer-Encoding: ", Self.none)),
            .init("a coding behind chunked", post("Transfer-Encoding: chunked, gzip", Self.none)),
            .init("chunked twice", post("Transfer-Encoding: chunked, chunked", Self.none)),
            .init("chunked in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Self.none)),
            .init(
                "chunked, then identity", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", Self.none)),
            .init("a coding before chunked", post("Transfer-Encoding: gzip, chunked", Self.none), 501),
            .init("a vertical tab before chunked", post("Transfer-Encoding: \u{b}chunked", Self.none)),
            .init("a folded coding", post("Transfer-Encoding:\r\n chunked", Self.none)),
            .init(
                "chunks in HTTP/1.0",
                get("Transfer-Encoding: chunked", Self.none, method: "POST", target: target, version: "HTTP/1.0")),
            .init("a length behind a coding", post("Transfer-Encoding: chunked\r\nContent-Length: 5", Self.none)),
            .init("a length before a coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked", Self.none)),
            .init("chunked in other letters", post("Transfer-Encoding: \tcHunked", Self.none), ends: false),
        ]
    }

    /// Section 6.3.
    var lengths: [HostileRequest] {
        let wrong = ["4, 4", "4, 5", "+4", "-4", "0x4", "4 4", "", "18446744073709551616", "4.0"]
        return wrong.map { .init("the length \"\($0)\"", post("Content-Length: \($0)", "abcd")) } + [
            .init("two lengths", post("Content-Length: 0\r\nContent-Length: 4", "abcd")),
            .init("two equal lengths", post("Content-Length: 4\r\nContent-Length: 4", "abcd")),
            .init("a length below 2^64", post("Content-Length: 18446744073709551615", "abcd"), 413),
            .init(
                "a body over all bounds", post("Content-Length: 3000000", String(repeating: "x", count: 300_000)), 413),
            .init(
                "chunks over all bounds",
                post(
                    "Transfer-Encoding: chunked",
                    String(repeating: "4000\r\n\(String(repeating: "x", count: 16_384))\r\n", count: 60) + Self.none),
                413),
        ]
    }

    /// Section 7.1.
    var chunks: [HostileRequest] {
        let sizes = ["+5", "-5", "0x5", " 5", "5 ", "", "5,", "g", "fffffffffffffffff", "10000000000000005"]
        return sizes.map { .init("the chunk size \"\($0)\"", chunk($0)) } + [
            .init("a signed chunk of a GET", get("Transfer-Encoding: chunked", "+5\r\nhello\r\n" + Self.none)),
            .init("chunks with bare line feeds", chunk("5", "\nhello\n0\n\n")),
            .init("more than the chunk's size", chunk("5", "\r\nhelloxx\r\n0\r\n\r\n")),
            .init("a line feed in an extension", chunk("5;a\nx")),
            .init("a carriage return in an extension", chunk("5;a\rx")),
            .init("a line's end in a quoted extension", chunk("5;a=\"\r\n\"")),
            .init("an extension", chunk("5;a=b"), ends: false),
            .init("a size with many zeros", chunk(String(repeating: "0", count: 40) + "5"), ends: false),
            .init("a long extension", chunk("5;" + String(repeating: "a", count: 200_000)), ends: false),
            .init("a length in a trailer", chunk("0", "\r\nContent-Length: 5\r\n\r\n")),
            .init("a trailer", chunk("0", "\r\nX: y\r\n\r\n"), ends: false),
            .init("a long trailer", chunk("0", "\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n"), 431),
            .init(
                "many trailers", chunk("0", "\r\n\(String(repeating: "X: y\r\n", count: 5_000))\r\n"), 431),
        ]
    }

    /// Sections 2.2, 5.1 and 5.2.
    var fields: [HostileRequest] {
        [
            .init("a folded line", get("X: a\r\n b")), .init("a bare line feed", get("X: a\nY: b")),
            .init("a bare carriage return", get("X: a\rY: b")), .init("a space before the colon", get("X : a")),
            .init("a space before the length's colon", post("Content-Length : 5", "hello")),
            .init("NUL in a value", get("X: a\0b")), .init("NUL in a name", get("X\0: a")),
            .init("a control character in a value", get("X: a\u{1}b")), .init("a line without a colon", get("Xabc")),
            .init("an empty name", get(": x")),
            .init("a long field", get("X: " + String(repeating: "a", count: 65_536)), 431),
            .init("a long name", get(String(repeating: "X", count: 65_536) + ": a"), 431),
            .init("many fields", get(String(repeating: "X: a\r\n", count: 2_000) + "Y: b"), 431),
            .init("a length with an underscore", get("Content_Length: 5"), 200, ends: false),
        ]
    }

    /// Section 3.2.
    var hosts: [HostileRequest] {
        let wrong = [
            "a/b", "localhost, other", "localhost@other", "localhost:x", "[::1", "a b", "localhost:123456", ":80",
        ]
        return wrong.map { .init("the host \"\($0)\"", get(host: "Host: \($0)\r\n")) } + [
            .init("no host", get(host: "")), .init("two hosts", get("Host: other.example")),
            .init("the same host twice", get("Host: localhost")),
            .init("no host in HTTP/1.0", get(version: "HTTP/1.0", host: ""), 200),
        ]
    }

    /// Section 3.2.
    var targets: [HostileRequest] {
        [
            .init("a target without a slash", get(target: String(path.dropFirst()))),
            .init("a target of another scheme", get(target: "ftp://localhost\(path)")),
            .init("a target with a user", get(target: "http://localhost@other.example\(path)")),
            .init("a target without a host", get(target: "http://\(path)")),
            .init("a target with a fragment", get(target: "\(path)#a")),
            .init("an asterisk of a GET", get(target: "*")),
            .init("NUL in the target", get(target: "/a\0b")), .init("a space in the target", get(target: "/a b")),
            .init(
                "bytes in the target",
                Array("GET /".utf8) + [0xFF, 0xFE] + Array(" HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
            .init("a long target", get(target: "/" + String(repeating: "a", count: 65_536)), 431),
            .init("the target as a URL", get(target: "http://localhost\(path)"), 200, ends: false),
            .init("a tunnel", get(method: "CONNECT", target: "localhost:80"), 405),
            .init("an asterisk of OPTIONS", get(method: "OPTIONS", target: "*"), 405, ends: false),
            .init("a path upwards", get(target: "/../../../../etc/passwd"), 404, ends: false),
        ]
    }

    /// Sections 2.3 and 3.
    var lines: [HostileRequest] {
        [
            .init("HTTP/0.9", "GET \(path)\r\n\r\n"), .init("HTTP/2.0", get(version: "HTTP/2.0")),
            .init("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), .init("HTTP/1.2", get(version: "HTTP/1.2")),
            .init("HTTP/1.10", get(version: "HTTP/1.10")), .init("http in other letters", get(version: "http/1.1")),
            .init("tabs for spaces", "GET\t\(path)\tHTTP/1.1\r\nHost: localhost\r\n\r\n"),
            .init("bare line feeds", "GET \(path) HTTP/1.1\nHost: localhost\n\n"),
            .init("a line before the fields", "GET \(path) HTTP/1.1\r\n Host: localhost\r\n\r\n"),
            .init("a long method", get(method: String(repeating: "A", count: 100_000))),
            .init("an unknown method", get(method: "FOO")), .init("a method in other letters", get(method: "get")),
            .init("a method alone", "GET\r\n\r\n"), .init("all bytes", Array(0...255)),
            .init(
                "TLS",
                [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03] + [UInt8](repeating: 0, count: 100)),
            .init("empty lines before the request", "\r\n\r\n" + get(), 200, ends: false),
            .init("another protocol", get(version: "RTSP/1.0"), 200),
        ]
    }

    /// Legal, and never to be taken for the next request.
    func bodied(_ code: Int) -> [HostileRequest] {
        [
            .init("a GET with a body", get("Content-Length: 5", "hello"), code),
            .init(
                "a GET whose body is a request", get("Content-Length: \(Self.request.utf8.count)", Self.request), code),
            .init("a GET with chunks", get("Transfer-Encoding: chunked", "5\r\nhello\r\n" + Self.none), code),
            .init("a HEAD with a body", get("Content-Length: 5", "hello", method: "HEAD"), code),
            .init("a GET with half a body", get("Content-Length: 10000000", Self.request), code),
        ]
    }

    /// Section 9.6, and what the decoder reads nothing behind.
    var ends: [HostileRequest] {
        [
            .init("a connection that ends", get("Connection: close"), 200),
            .init("an end in other letters", get("Connection: Close"), 200),
            .init("an end in a list", get("Connection: x, close"), 200),
            .init("HTTP/1.0", get(version: "HTTP/1.0"), 200),
            .init("HTTP/1.0 that stays", get("Connection: keep-alive", version: "HTTP/1.0"), 200),
            .init("an upgrade to something else", get("Connection: Upgrade\r\nUpgrade: h2c"), 200),
            .init("a method that has none", get(method: "TRACE"), 405, ends: false),
        ]
    }
}
