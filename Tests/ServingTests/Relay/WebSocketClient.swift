import Foundation
import NIOCore
import NIOPosix
import TransparencyLog

/// A WebSocket client that can also do what no honest client would: its frames are made by hand.
actor WebSocketClient {
    enum Event: Hashable {
        case text(String)
        case ping
        case pong
        case closed(UInt16?)
        /// The connection is gone.
        case end
    }

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private nonisolated let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var buffer = ByteBuffer()

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Connects, sends some bytes, and gives the connection to `body`.
    ///
    /// - Parameter bytes: that the system holds for it while it does not read; the system may take twice as many.
    static func raw(
        port: Int, _ first: String, holding bytes: Int? = nil,
        _ body: @Sendable @escaping (WebSocketClient) async throws -> Void
    ) async throws {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let bytes { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: bytes) }
        let channel =
            try await bootstrap
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            let client = WebSocketClient(inbound, outbound)
            try await outbound.write(ByteBuffer(string: first))
            try await body(client)
        }
    }

    static func request(_ path: String, _ headers: [String] = []) -> String {
        let all =
            [
                "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + headers
        return "GET \(path) HTTP/1.1\r\n" + all.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    /// Opens a session.
    static func open(
        _ id: String, port: Int, holding bytes: Int? = nil,
        _ body: @Sendable @escaping (WebSocketClient) async throws -> Void
    ) async throws {
        try await raw(port: port, request("/ws/\(id)"), holding: bytes) { client in
            let head = try await client.head()
            guard head.hasPrefix("HTTP/1.1 101 ") else { throw Failure(head) }
            try await body(client)
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The head of an HTTP answer.
    func head() async throws -> String {
        while true {
            let text = String(buffer: buffer)
            if let end = text.range(of: "\r\n\r\n") {
                buffer.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count)
                return String(text[..<end.lowerBound])
            }
            guard try await more() else { return text }
        }
    }

    /// All that comes until the server closes.
    func rest() async throws -> String {
        while try await more() {}
        return String(buffer: buffer)
    }

    private func more() async throws -> Bool {
        do {
            guard var next = try await take() else { return false }
            buffer.writeBuffer(&next)
            return true
        } catch is IOError { return false }
    }

    /// The iterator is not to be held over a suspension of another call; tests read from one task.
    private func take() async throws -> ByteBuffer? {
        var iterator = inbound
        defer { inbound = iterator }
        return try await iterator.next(isolation: self)
    }

    /// The next frame of the server.
    func next() async throws -> Event {
        while true {
            if let event = frame() { return event }
            guard try await more() else { return .end }
        }
    }

    private func frame() -> Event? {
        var copy = buffer
        guard let first = copy.readInteger(as: UInt8.self), let second = copy.readInteger(as: UInt8.self) else {
            return nil
        }
        var length = Int(second)
        if second == 126 {
            guard let long = copy.readInteger(as: UInt16.self) else { return nil }
            length = Int(long)
        } else if second == 127 {
            guard let long = copy.readInteger(as: UInt64.self) else { return nil }
            length = Int(long)
        }
        guard var data = copy.readSlice(length: length) else { return nil }
        buffer = copy
        switch first & 0x0F {
        case 0x8: return .closed(data.readInteger(as: UInt16.self))
        case 0x9: return .ping
        case 0xA: return .pong
        default: return .text(String(buffer: data))
        }
    }

    /// Sends a frame, so many times at once; `first` is its first byte: FIN, reserved bits and opcode.
    nonisolated func send(_ data: [UInt8], first: UInt8 = 0x81, isMasked: Bool = true, times: Int = 1) async throws {
        var frame = ByteBuffer()
        frame.writeInteger(first)
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch data.count {
        case ..<126: frame.writeInteger(UInt8(data.count) | mask)
        case ..<65_536:
            frame.writeInteger(126 | mask)
            frame.writeInteger(UInt16(data.count))
        default:
            frame.writeInteger(127 | mask)
            frame.writeInteger(UInt64(data.count))
        }
        if isMasked { frame.writeBytes([1, 2, 3, 4]) }
        frame.writeBytes(isMasked ? data.enumerated().map { $1 ^ UInt8($0 % 4 + 1) } : data)
        var all = ByteBuffer()
        for _ in 0..<times { all.writeImmutableBuffer(frame) }
        try await outbound.write(all)
    }

    nonisolated func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    nonisolated func write(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
}
