import TransparencyLog

/// A log with valid keys that signs one head of a great size, and has registrations without an end for it.
public struct EndlessLog: Sendable {
    public let log: TestLog
    private let heads: [UInt8]
    /// Bytes of one answer.
    private let piece: Int

    /// - Parameter size: that its head signs.
    public init(size: UInt64, piece: Int = 1 << 20, firstSeed: UInt8 = 1) throws {
        var log = TestLog(firstSeed: firstSeed)
        log.register("0")
        heads = Array("[\(try log.text(Self.lies(size)))]".utf8)
        self.log = log
        self.piece = piece
    }

    private static func lies(_ size: UInt64) -> TestLog.Lies {
        var lies = TestLog.Lies()
        lies.treeSize = String(size)
        lies.root = Digest.sha256([UInt8(1)])
        return lies
    }

    /// All lines are as long as this one, so that any part of the file can be written by itself.
    private static func line(_ index: Int) -> String {
        let number = String(index)
        let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        let id = String(repeating: "0", count: 12 - number.count) + number
        return #"{"id":"\#(id)","public_key":"\#(key)","timestamp":1700000000}"# + "\n"
    }

    public func answer(_ connection: RawServer.Connection) async throws {
        guard let start = connection.rangeStart else {
            return try await connection.send(
                Array("HTTP/1.1 200 OK\r\nContent-Length: \(heads.count)\r\nConnection: close\r\n\r\n".utf8) + heads)
        }
        let width = Self.line(0).utf8.count
        var body: [UInt8] = []
        body.reserveCapacity(piece + 2 * width)
        var index = start / width
        while body.count < piece + width {
            body += Self.line(index).utf8
            index += 1
        }
        let part = body.dropFirst(start % width).prefix(piece)
        let head =
            "HTTP/1.1 206 Part\r\nContent-Range: bytes \(start)-\(start + part.count - 1)/*\r\n"
            + "Content-Length: \(part.count)\r\nConnection: close\r\n\r\n"
        try await connection.send(Array(head.utf8) + part)
    }
}
