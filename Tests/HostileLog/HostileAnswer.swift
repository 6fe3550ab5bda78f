public import TransparencyLog

/// An answer that no honest server gives, in the place of one of a log's own.
///
/// What is not attacked is answered as it should be, so that a poll comes as far as the attack.
public struct HostileAnswer: Sendable, CustomStringConvertible {
    public enum Place: Sendable { case heads, leaves }

    public let description: String
    public let place: Place
    /// Reasons of the failure that polls tell; which one may depend on how the bytes were cut. None where an answer can be
    /// judged, and something is found.
    public let reasons: Set<String>
    /// A part of what they say beside it.
    public let says: String
    public let finds: Set<Rule>
    let attack: @Sendable (RawServer.Connection, [UInt8]) async throws -> Void

    init(
        _ description: String, of place: Place = .heads, _ reasons: Set<String>, finds: Set<Rule> = [],
        says: String = "", attack: @Sendable @escaping (RawServer.Connection, [UInt8]) async throws -> Void
    ) {
        self.description = description
        self.place = place
        self.reasons = reasons
        self.finds = finds
        self.says = says
        self.attack = attack
    }

    /// An answer that is sent as it stands, then the connection closes.
    private static func plain(
        _ description: String, of place: Place = .heads, _ reasons: Set<String>, says: String = "", _ head: String,
        _ body: String = ""
    ) -> HostileAnswer {
        HostileAnswer(description, of: place, reasons, says: says) { connection, _ in
            try await connection.send(head.replacing("\n", with: "\r\n") + "\r\n\r\n" + body)
        }
    }

    /// Longer than any poll of a test waits; the connection is let go then.
    private static func hold() async throws { try await Task.sleep(for: .seconds(8)) }

    /// Sends until the other end is gone, many blocks at a time.
    private static func flood(_ connection: RawServer.Connection, _ block: [UInt8]) async throws {
        let blocks = Array(repeatElement(block, count: max(1, (1 << 16) / block.count)).joined())
        while !Task.isCancelled { try await connection.send(blocks) }
    }

    /// How a server answers these requests for a log's heads and leaves that is attacked in this way.
    ///
    /// - Parameter prefix: of the paths.
    public func script(_ log: TestLog, prefix: String = "") -> RawServer.Script {
        let heads = Array("[\(log.headLines.reversed().joined(separator: ","))]".utf8)
        let leaves = Array(log.leafLines.map { $0 + "\n" }.joined().utf8)
        return { connection in
            let isHeads = connection.path.hasPrefix("\(prefix)/sth/chain")
            if isHeads == (place == .heads) { return try await attack(connection, isHeads ? heads : leaves) }
            if isHeads { return try await Self.answer(connection, heads) }
            try await Self.answer(connection, leaves)
        }
    }

    /// How a server answers that attacks nobody.
    public static func honest(_ log: TestLog) -> RawServer.Script {
        let heads = Array("[\(log.headLines.reversed().joined(separator: ","))]".utf8)
        let leaves = Array(log.leafLines.map { $0 + "\n" }.joined().utf8)
        return { try await answer($0, $0.path.hasPrefix("/sth/chain") ? heads : leaves) }
    }

    /// As an honest server does.
    static func answer(_ connection: RawServer.Connection, _ body: [UInt8]) async throws {
        guard let start = connection.rangeStart else {
            return try await connection.send(
                Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8) + body)
        }
        guard start < body.count else {
            return try await connection.send("HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        let range = "Content-Range: bytes \(start)-\(body.count - 1)/\(body.count)\r\n"
        let head = "HTTP/1.1 206 Part\r\n\(range)Content-Length: \(body.count - start)\r\nConnection: close\r\n\r\n"
        try await connection.send(Array(head.utf8) + body[start...])
    }

    public static let all = statuses + headers + bodies + chunks + encodings + times + parts

    static let statuses: [HostileAnswer] = [
        plain("status 500", ["http_status"], says: "sth/chain: status 500", "HTTP/1.1 500 No\nContent-Length: 0"),
        plain("status 999", ["http_status"], says: "status 999", "HTTP/1.1 999 What\nContent-Length: 0"),
        plain("status 204", ["http_status"], says: "status 204", "HTTP/1.1 204 Nothing"),
        plain(
            "503 until the end of time", ["http_status"], says: "status 503",
            "HTTP/1.1 503 Busy\nRetry-After: 99999999999999999999\nContent-Length: 0"),
        plain("304 without asking", ["http_status"], says: "status 304", "HTTP/1.1 304 As before"),
        plain(
            "206 without asking", ["http_status"], says: "status 206",
            "HTTP/1.1 206 Part\nContent-Range: bytes 0-1/2\nContent-Length: 2", "[]"),
        HostileAnswer("a redirect in a circle", ["http_status"], says: "redirects are not followed") { connection, _ in
            try await connection.send(
                "HTTP/1.1 302 There\r\nLocation: \(connection.path)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        },
        plain(
            "a redirect to a file", ["http_status"], says: "redirects are not followed",
            "HTTP/1.1 301 There\nLocation: file:///etc/passwd\nContent-Length: 0"),
        plain(
            "a redirect to another host", ["http_status"], says: "redirects are not followed",
            "HTTP/1.1 307 There\nLocation: http://169.254.169.254/latest\nContent-Length: 0"),
        plain("an answer of HTTP/0.9", ["malformed"], "[]"),
        plain("no HTTP at all", ["malformed", "connect"], "SSH-2.0-OpenSSH_9.2"),
        plain("a version that there is not", ["malformed"], "HTTP/7.0 200 OK\nContent-Length: 2", "[]"),
    ]

    static let headers: [HostileAnswer] = [
        HostileAnswer("headers without an end", ["too_large"], says: "headers have more than") { connection, _ in
            try await connection.send("HTTP/1.1 200 OK\r\n")
            try await flood(connection, Array(("X-More: " + String(repeating: "x", count: 1_000) + "\r\n").utf8))
        },
        HostileAnswer("a header line without an end", ["too_large"], says: "a line of the headers") { connection, _ in
            try await connection.send("HTTP/1.1 200 OK\r\nX-More: ")
            try await flood(connection, [UInt8](repeating: 0x78, count: 1_000))
        },
        HostileAnswer("provisional answers without an end", ["too_large"], says: "headers have more than") {
            connection, _ in
            try await flood(connection, Array("HTTP/1.1 103 Early\r\nLink: <x>\r\n\r\n".utf8))
        },
        plain("a zero byte in a header", ["malformed"], "HTTP/1.1 200 OK\nX-Zero: \0\nContent-Length: 2", "[]"),
        plain("a negative length", ["malformed", "too_large"], "HTTP/1.1 200 OK\nContent-Length: -2", "[]"),
        plain(
            "a length beyond all numbers", ["too_large", "connect", "malformed"],
            "HTTP/1.1 200 OK\nContent-Length: 99999999999999999999999999", "["),
        plain(
            "two lengths", ["malformed", "connect", "too_large"],
            "HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 20", "[]"),
        plain(
            "a page of HTML", ["malformed"], says: "no JSON array", "HTTP/1.1 200 OK\nContent-Type: text/html",
            "<p>hello"),
    ]

    static let bodies: [HostileAnswer] = [
        HostileAnswer("a body without an end", ["too_large"], says: "body has more than") { connection, _ in
            try await connection.send("HTTP/1.1 200 OK\r\n\r\n")
            try await flood(connection, [UInt8](repeating: 0x20, count: 1 << 16))
        },
        plain(
            "no body", ["malformed"], says: "sth/chain: the answer is no JSON array",
            "HTTP/1.1 200 OK\nContent-Length: 0"),
        HostileAnswer("a body that is cut off", ["connect"], says: "sth/chain: ") { connection, body in
            try await connection.send(
                Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body.dropLast(5))
        },
        HostileAnswer("a body that stops", ["timeout"]) { connection, body in
            try await connection.send(
                Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body.dropLast(5))
            try await hold()
        },
        HostileAnswer("a body that is longer than its length", ["malformed"], says: "no JSON array") {
            connection, body in
            try await connection.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count - 5)\r\n\r\n".utf8) + body)
        },
        plain(
            "brackets without an end", ["malformed"], "HTTP/1.1 200 OK", String(repeating: "[", count: 1_000_000)),
        plain(
            "numbers in the place of heads", ["too_large"], says: "the answer has more than 100000 heads",
            "HTTP/1.1 200 OK", numbers),
        HostileAnswer("a list of numbers in the place of a head", [], finds: [.headMalformed]) { connection, _ in
            try await connection.send("HTTP/1.1 200 OK\r\n\r\n[\(numbers)]")
        },
    ]

    /// More of them than heads may be in an answer, in two bytes each: as many as `HostileNetworkTests` lets come.
    private static let numbers = "[\(String(repeating: "0,", count: 130_000))0]"

    static let chunks: [HostileAnswer] = [
        plain("a chunk's size that is no number", ["malformed"], chunked, "zz\r\n[]\r\n0\r\n\r\n"),
        plain("a chunk's size beyond all numbers", ["malformed"], chunked, "fffffffffffffffffff\r\n[]\r\n0\r\n\r\n"),
        plain("a chunk without its end", ["malformed"], chunked, "2\r\n[]xx0\r\n\r\n"),
        plain("a chunk that is cut off", ["connect", "malformed"], chunked, "ff\r\n[]"),
        plain("no last chunk", ["connect", "malformed"], chunked, "2\r\n[]\r\n"),
        HostileAnswer("a chunk's extension without an end", ["timeout"]) { connection, _ in
            try await connection.send("\(chunked.replacing("\n", with: "\r\n"))\r\n\r\n2;x=")
            try await flood(connection, [UInt8](repeating: 0x78, count: 1_000))
        },
        HostileAnswer("trailers without an end", ["too_large"]) { connection, _ in
            try await connection.send("\(chunked.replacing("\n", with: "\r\n"))\r\n\r\n2\r\n[]\r\n0\r\n")
            try await flood(
                connection, Array("X-More: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n".utf8))
        },
    ]

    private static let chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked"

    static let encodings: [HostileAnswer] = [
        plain("an unknown encoding", ["malformed"], "HTTP/1.1 200 OK\nContent-Encoding: rot13", "[]"),
        plain(
            "encodings without an end", ["malformed"],
            "HTTP/1.1 200 OK\nContent-Encoding: \(Array(repeating: "gzip", count: 20).joined(separator: ", "))", "[]"),
        plain("gzip that is none", ["malformed"], "HTTP/1.1 200 OK\nContent-Encoding: gzip", "[]"),
        HostileAnswer("gzip that is cut off", ["malformed"]) { connection, _ in
            try await connection.send(
                Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".utf8)
                    + GzipBomb.bytes(matches: 100).dropLast(20))
        },
        HostileAnswer("a gzip bomb", ["too_large"], says: "body has more than") { connection, _ in
            let bomb = Self.bomb
            try await connection.send(
                Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n".utf8) + bomb)
        },
    ]

    private static let bomb = GzipBomb.bytes(matches: 300_000)

    static let times: [HostileAnswer] = [
        HostileAnswer("silence", ["timeout"], says: "sth/chain: ") { _, _ in try await hold() },
        HostileAnswer("a byte now and then", ["timeout"]) { connection, body in
            for byte in Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body {
                try await connection.send([byte])
                try await Task.sleep(for: .milliseconds(100))
            }
        },
        HostileAnswer("closed at once", ["connect"]) { _, _ in },
        HostileAnswer("closed within the status", ["connect", "malformed"]) { connection, _ in
            try await connection.send("HTTP/1.1 2")
        },
        HostileAnswer("closed within the headers", ["connect", "malformed"]) { connection, _ in
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Le")
        },
    ]

    static let parts: [HostileAnswer] = [
        plain(
            "leaves: status 500", of: .leaves, ["http_status"], says: "users.jsonl: status 500",
            "HTTP/1.1 500 No\nContent-Length: 0"),
        plain(
            "leaves: 304 without asking", of: .leaves, ["http_status"], says: "users.jsonl: status 304",
            "HTTP/1.1 304 As before"),
        plain(
            "leaves: a redirect", of: .leaves, ["http_status"], says: "redirects are not followed",
            "HTTP/1.1 302 There\nLocation: file:///etc/passwd\nContent-Length: 0"),
        part("leaves: another part", says: "others, from byte 7 on") {
            "Content-Range: bytes 7-\(6 + $0)/\($0 + 7)\r\n"
        },
        part("leaves: a part of no place", says: "no Content-Range") { _ in "" },
        part("leaves: a part of a place that is none", says: "no Content-Range") { _ in "Content-Range: bytes x-y/z\r\n"
        },
        part("leaves: a part that ends before it begins", says: "no Content-Range") { _ in
            "Content-Range: bytes 0--1/5\r\n"
        },
        part("leaves: several parts", says: "no Content-Range") { _ in
            "Content-Type: multipart/byteranges; boundary=x\r\n"
        },
        part("leaves: a part that is encoded", says: "encoded (gzip)") {
            "Content-Range: bytes 0-\($0 - 1)/\($0)\r\nContent-Encoding: gzip\r\n"
        },
        HostileAnswer(
            "leaves: a body without an end", of: .leaves, ["too_large"], says: "users.jsonl: the body has more than"
        ) {
            connection, _ in
            try await connection.send("HTTP/1.1 206 Part\r\nContent-Range: bytes 0-9/10\r\n\r\n")
            try await flood(connection, [UInt8](repeating: 0x20, count: 1 << 16))
        },
        HostileAnswer("leaves: a part that is cut off", of: .leaves, ["connect"], says: "users.jsonl: ") {
            connection, body in
            let head = "HTTP/1.1 206 Part\r\nContent-Range: bytes 0-\(body.count - 1)/\(body.count)\r\n"
            try await connection.send(Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body.dropLast(5))
        },
        HostileAnswer("leaves: silence", of: .leaves, ["timeout"], says: "users.jsonl: ") { _, _ in try await hold() },
    ]

    /// The right bytes, with headers that say something else of them.
    private static func part(
        _ description: String, says: String, _ headers: @Sendable @escaping (Int) -> String
    ) -> HostileAnswer {
        HostileAnswer(description, of: .leaves, ["malformed"], says: says) { connection, body in
            let head =
                "HTTP/1.1 206 Part\r\n\(headers(body.count))Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
            try await connection.send(Array(head.utf8) + body)
        }
    }
}
