import NIOCore
import NIOWebSocket

/// What RFC 6455 asks of a client's frames, and NIO's decoder leaves to others: a mask (section 5.1), and no bits of
/// extensions that were not negotiated (section 5.2).
final class FrameRules: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    struct Broken: Error {}

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return context.fireErrorCaught(Broken())
        }
        context.fireChannelRead(data)
    }
}
