/// Requests that no honest client sends: shapes on which two servers in a row have been known to differ, sizes that are
/// meant to fill memory, and paths that are meant to leave their folder.
public struct HostileRequest: Sendable, CustomStringConvertible {
    public let description: String
    public let bytes: [UInt8]

    init(_ description: String, _ text: String) {
        self.description = description
        bytes = Array(text.utf8)
    }

    /// A second request stands in the body of each, where the length leaves a doubt: no server may answer it.
    public static let smuggled = "/-/smuggled"
    private static let hidden = "GET \(smuggled) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    private static let post = "POST /did/register HTTP/1.1\r\nHost: 127.0.0.1\r\n"

    /// One request each whose end is in doubt.
    public static let ambiguous: [HostileRequest] = [
        .init("length and chunked", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden),
        .init("chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + hidden),
        .init("two lengths", post + "Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n" + hidden),
        .init("a list of lengths", post + "Content-Length: 0, \(hidden.utf8.count)\r\n\r\n" + hidden),
        .init("a length with a sign", post + "Content-Length: +0\r\n\r\n" + hidden),
        .init("a negative length", post + "Content-Length: -1\r\n\r\n" + hidden),
        .init("a hexadecimal length", post + "Content-Length: 0x0\r\n\r\n" + hidden),
        .init("a length beyond all", post + "Content-Length: 99999999999999999999999\r\n\r\n" + hidden),
        .init("an empty length", post + "Content-Length: \r\n\r\n" + hidden),
        .init("a space before the colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden),
        .init("an encoding that is none", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden),
        .init("chunked is not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden),
        .init("two encodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + hidden),
        .init("a folded encoding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + hidden),
        .init("a chunk beyond all", post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n" + hidden),
        .init("a chunk with a sign", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden),
        .init("a chunk without an end", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz" + hidden),
        .init("zero in a header", post + "X: a\0b\r\nContent-Length: 0\r\n\r\n" + hidden),
        .init("a return in a header", post + "X: a\rContent-Length: 0\r\n\r\n" + hidden),
        .init("a header without a name", post + ": a\r\n\r\n" + hidden),
        .init("a header without a colon", post + "nothing\r\n\r\n" + hidden),
        .init("a body of a question", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000\r\n\r\n" + hidden),
    ]

    /// What is too long, or no HTTP/1.1 at all.
    public static let malformed: [HostileRequest] = [
        .init("a long target", "GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        .init("a long header", "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 200_000))\r\n\r\n"),
        .init("many headers", "GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 20_000) + "\r\n"),
        .init("a long method", String(repeating: "A", count: 200_000) + " / HTTP/1.1\r\n\r\n"),
        .init("HTTP/0.9", "GET /\r\n\r\n"), .init("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .init("HTTP/9.9", "GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n"),
        .init("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\r\n\r\n"),
        .init("zeroes", String(repeating: "\0", count: 100_000)),
        .init("newlines", String(repeating: "\r\n", count: 100_000)),
    ]

    /// Ways out of a folder, and into what is not served.
    public static let traversals: [HostileRequest] = [
        "/../../../../etc/passwd", "/evidence/..%2f..%2f..%2fetc%2fpasswd", "/evidence/%2e%2e/%2e%2e/etc/passwd",
        "/log/users.jsonl/../../keys/cosigner_0", "/log/..%5c..%5ckeys", "/evidence/%00", "/evidence/a%00.json",
        "//etc/passwd", "/./././etc/passwd", "/chat/..%2f..%2fkeys%2fcosigner_0", "/tile/0/..%2f..%2fkeys",
        "/log/%c0%ae%c0%ae/", "/gossip/v1/evidence/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
        "/evidence/////etc/passwd", "http://127.0.0.1/../../etc/passwd", "/lib/../../../etc/passwd",
    ].map {
        .init($0, "GET \($0) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    }
}
