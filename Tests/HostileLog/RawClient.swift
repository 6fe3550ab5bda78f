import NIOCore
import NIOPosix

/// A TCP client that sends what no honest client would.
public enum RawClient {
    /// All that a server said until it ended the connection.
    public struct Answer: Sendable {
        public let text: String
        /// The status codes, in their order.
        public var codes: [Int] { text.matches(of: /HTTP\/1\.[01] (\d{3})\b/).compactMap { Int($0.1) } }
        /// Whether the server, and not the client's patience, ended the connection.
        public let isEnded: Bool
        /// Pieces that were sent until then.
        public fileprivate(set) var sent = 0
    }

    /// Sends bytes, without a care for whether they are taken, and reads to the end.
    ///
    /// - Parameter pieces: are sent one by one, each behind the last one and a moment for the server to see it alone.
    public static func ask(
        _ port: Int, _ pieces: [[UInt8]], patience seconds: Int64 = 120
    ) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let ended = loop.makePromise(of: Answer.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Reader(ended))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
        } catch {
            ended.fail(error)
            throw error
        }
        let deadline = loop.scheduleTask(in: .seconds(seconds)) {
            channel.pipeline.fireUserInboundEventTriggered(Reader.GiveUp())
        }
        var sent = 0
        for (place, piece) in pieces.enumerated() {
            if place > 0 { try? await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get() }
            guard channel.isActive else { break }
            sent += 1
            // A server that has answered may not read on.
            channel.writeAndFlush(ByteBuffer(bytes: piece), promise: nil)
        }
        defer { deadline.cancel() }
        var answer = try await ended.futureResult.get()
        answer.sent = sent
        return answer
    }

    public static func ask(_ port: Int, _ text: String) async throws -> Answer {
        try await ask(port, [Array(text.utf8)])
    }

    /// Sends a beginning, and a byte behind it now and then, so many times at most.
    public static func drip(_ port: Int, _ start: String, _ count: Int) async throws -> Answer {
        try await ask(port, [Array(start.utf8)] + [[UInt8]](repeating: [0x61], count: count))
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        struct GiveUp: Sendable {}

        private let ended: EventLoopPromise<Answer>
        private var bytes = ByteBuffer()
        private var hasGivenUp = false

        init(_ ended: EventLoopPromise<Answer>) { self.ended = ended }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = Self.unwrapInboundIn(data)
            bytes.writeBuffer(&part)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard event is GiveUp else { return }
            hasGivenUp = true
            context.close(promise: nil)
        }

        // A reset is an end too.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelInactive(context: ChannelHandlerContext) {
            ended.succeed(Answer(text: String(buffer: bytes), isEnded: !hasGivenUp))
        }
    }
}
