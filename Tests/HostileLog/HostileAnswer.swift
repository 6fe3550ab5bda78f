/// Each way of answering an HTTP request that is meant to harm whoever asked.
public enum HostileAnswer: String, Sendable, CaseIterable {
    // Lengths.
    case shortBody, longBody, twoLengths, lengthAndChunked, negativeLength, lengthBeyondAll, endlessBody
    // Heads.
    case notHTTP, noStatus, endlessStatus, endlessHeaders, endlessHeader, provisionalFlood, zeroInHeader, foldedHeaders
    // Chunks.
    case chunkBeyondAll, badChunk, endlessChunks, endlessChunkExtension, endlessTrailers
    // Encodings.
    case unknownEncoding, nestedEncodings, damagedGzip, endlessDeflate
    // Redirects.
    case redirectLoop, redirectToFile, redirectElsewhere
    // Times.
    case silence, closesAtOnce, resets, byteByByte, stallsInHead, stallsInBody, stallsInChunk
    // Leaves and heads of HTTP that is in order.
    case endlessLine, deepJSON, manySmallElements, wrongRange

    /// What it does on a connection.
    public var script: RawServer.Script {
        { connection in
            let ok = "HTTP/1.1 200 OK\r\n"
            switch self {
            case .shortBody: try await connection.send(ok + "Content-Length: 1000\r\n\r\nshort")
            case .longBody:
                try await connection.send(ok + "Content-Length: 2\r\n\r\n[]")
                try await connection.sendForever("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
            case .twoLengths: try await connection.send(ok + "Content-Length: 2\r\nContent-Length: 50\r\n\r\n[]")
            case .lengthAndChunked:
                try await connection.send(
                    ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n" + ok
                        + "\r\nsmuggled")
            case .negativeLength: try await connection.send(ok + "Content-Length: -1\r\n\r\n[]")
            case .lengthBeyondAll:
                try await connection.send(ok + "Content-Length: 99999999999999999999999\r\n\r\n[]")
                try await connection.sendForever(" ")
            case .endlessBody:
                try await connection.send(ok + "\r\n[")
                try await connection.sendForever(" ")
            case .notHTTP: try await connection.send((0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 37) })
            case .noStatus: try await connection.send("[]")
            case .endlessStatus:
                try await connection.send("HTTP/1.1 200 ")
                try await connection.sendForever("x")
            case .endlessHeaders:
                try await connection.send(ok)
                try await connection.sendForever("X-A: b\r\n")
            case .endlessHeader:
                try await connection.send(ok + "X-A: ")
                try await connection.sendForever("x")
            case .provisionalFlood: try await connection.sendForever("HTTP/1.1 100 Continue\r\n\r\n")
            case .zeroInHeader: try await connection.send(ok + "X: a\0b\r\nContent-Length: 2\r\n\r\n[]")
            case .foldedHeaders:
                try await connection.send(ok + "X: a\r\n")
                try await connection.sendForever(" folded\r\n")
            case .chunkBeyondAll:
                try await connection.send(ok + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n")
                try await connection.sendForever(" ")
            case .badChunk: try await connection.send(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n")
            case .endlessChunks:
                try await connection.send(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n")
                try await connection.sendForever("1\r\n \r\n")
            case .endlessChunkExtension:
                try await connection.send(ok + "Transfer-Encoding: chunked\r\n\r\n1;")
                try await connection.sendForever("x")
            case .endlessTrailers:
                try await connection.send(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n")
                try await connection.sendForever("X-A: b\r\n")
            case .unknownEncoding:
                try await connection.send(ok + "Content-Encoding: evil\r\nContent-Length: 2\r\n\r\n[]")
            case .nestedEncodings:
                let encodings = Array(repeating: "gzip", count: 500).joined(separator: ", ")
                try await connection.send(ok + "Content-Encoding: \(encodings)\r\nContent-Length: 2\r\n\r\n[]")
            case .damagedGzip:
                try await connection.send(ok + "Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n")
                try await connection.send([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF])
            case .endlessDeflate:
                // A stored block of nothing, again and again: bytes in, none out.
                try await connection.send(ok + "Content-Encoding: deflate\r\n\r\n")
                try await connection.send([0x78, 0x01])
                let block = [[UInt8]](repeating: [0, 0, 0, 0xFF, 0xFF], count: 4_096).flatMap { $0 }
                while !Task.isCancelled { try await connection.send(block) }
            case .redirectLoop: try await redirect(connection, "/")
            case .redirectToFile: try await redirect(connection, "file:///etc/passwd")
            case .redirectElsewhere: try await redirect(connection, "http://127.0.0.9:\(connection.port)/")
            case .silence: try await connection.stall()
            case .closesAtOnce: break
            case .resets: try await connection.reset()
            case .byteByByte:
                for byte in (ok + "Content-Length: 100000\r\n\r\n" + String(repeating: " ", count: 100_000)).utf8 {
                    try await connection.send([byte])
                    try await Task.sleep(for: .milliseconds(50))
                }
            case .stallsInHead:
                try await connection.send(ok + "Content-Le")
                try await connection.stall()
            case .stallsInBody:
                try await connection.send(ok + "Content-Length: 1000\r\n\r\n[")
                try await connection.stall()
            case .stallsInChunk:
                try await connection.send(ok + "Transfer-Encoding: chunked\r\n\r\n10\r\n[")
                try await connection.stall()
            case .endlessLine:
                // To each range asked for, a part of one line.
                let line = String(repeating: "x", count: 1 << 20)
                try await connection.send(
                    "HTTP/1.1 206 Partial Content\r\nContent-Length: \(line.utf8.count)\r\nConnection: close\r\n\r\n"
                        + line)
            case .deepJSON: try await body(connection, "[" + String(repeating: "[", count: 50_000))
            case .manySmallElements: try await body(connection, "[" + String(repeating: "0,", count: 40_000) + "0]")
            case .wrongRange:
                try await connection.send(
                    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/18446744073709551615\r\n"
                        + "Content-Length: 2\r\nConnection: close\r\n\r\n[]")
            }
        }
    }

    /// Whether what it sends can pass for an answer, of the bytes that were announced and no more.
    public var canPass: Bool {
        switch self {
        case .longBody, .twoLengths, .lengthAndChunked, .negativeLength, .zeroInHeader, .redirectLoop, .redirectToFile,
            .redirectElsewhere, .deepJSON, .manySmallElements, .wrongRange, .endlessLine:
            true
        default: false
        }
    }

    private func redirect(_ connection: RawServer.Connection, _ place: String) async throws {
        try await connection.send("HTTP/1.1 302 Found\r\nLocation: \(place)\r\nContent-Length: 0\r\n\r\n")
    }

    private func body(_ connection: RawServer.Connection, _ text: String) async throws {
        try await connection.send(
            "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n" + text)
    }
}
