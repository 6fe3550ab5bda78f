import Foundation
import NIOCore
import NIOWebSocket
import Synchronization
import TransparencyLog

/// One relay session over a WebSocket: reads its messages, keeps its heartbeat, and ends it with a code that says why.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// How long a client may take to answer a close.
    private static let closing = TimeAmount.seconds(1)

    private let id: JSONText
    private let relay: Relay
    private var transport: WebSocketTransport?
    private var tokens: Double
    private var refilled = NIODeadline.now()
    private var isPaused = false
    private var isPinged = false
    private var isClosing = false
    private var span: SessionSpan

    init(id: JSONText, relay: Relay, span: SessionSpan) {
        self.id = id
        self.relay = relay
        self.span = span
        tokens = max(relay.settings.messagesPerSecond * 10, 1)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let transport = WebSocketTransport(
            channel: context.channel, handler: NIOLoopBound(self, eventLoop: context.eventLoop),
            context: NIOLoopBound(context, eventLoop: context.eventLoop), maximum: relay.settings.maximumQueuedBytes)
        self.transport = transport
        relay.open(id, transport)
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget(nil)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget(nil) }

    /// - Parameter reason: nil where the connection is gone.
    private func forget(_ reason: CloseReason?) {
        guard let transport else { return }
        relay.close(id, transport)
        self.transport = nil
        span.end(reason)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        isPinged = false
        switch frame.opcode {
        case .connectionClose:
            if isClosing { return context.close(promise: nil) }
            close(context, .normal)
        case _ where isClosing: break
        case .ping:
            slowDown(context)
            // Only the newest has to be answered (RFC 6455, 5.5.3): of a client that takes nothing, none is kept in memory.
            guard context.channel.isWritable else { break }
            context.writeAndFlush(
                Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
        case .pong: slowDown(context)
        case .text: read(context, frame.unmaskedData)
        case .binary: close(context, .binary)
        default: close(context, .protocolError)
        }
    }

    private func read(_ context: ChannelHandlerContext, _ text: ByteBuffer) {
        slowDown(context)
        switch RelayMessage(text, maximumBytes: relay.settings.maximumPayloadBytes) {
        case .ping:
            let milliseconds = UInt64(max(Date().timeIntervalSince1970, 0) * 1_000)
            if let transport { relay.send(RelayMessage.pong(milliseconds: milliseconds), to: id, transport) }
        case .envelope(let from, let to):
            guard from == id else { return close(context, .foreignSender) }
            span.received += 1
            if !relay.deliver(text, to: to) { span.undeliverable += 1 }
        case nil: close(context, .malformed)
        }
    }

    /// A flood is not read faster than it may come; it waits in the sender's own socket, and in nobody else's way.
    private func slowDown(_ context: ChannelHandlerContext) {
        guard relay.settings.messagesPerSecond > 0 else { return }
        refill()
        tokens -= 1
        guard tokens < 0, !isPaused else { return }
        isPaused = true
        context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        resume(context.channel)
    }

    /// Reads on once all that was read is paid for: one read can bring hundreds of messages.
    private func resume(_ channel: any Channel) {
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let wait = TimeAmount.nanoseconds(Int64(-tokens / relay.settings.messagesPerSecond * 1e9) + 1)
        channel.eventLoop.scheduleTask(in: wait) {
            let handler = handler.value
            handler.refill()
            guard handler.tokens >= 0 else { return handler.resume(channel) }
            handler.isPaused = false
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    private func refill() {
        let rate = relay.settings.messagesPerSecond
        let now = NIODeadline.now()
        tokens = min(max(rate * 10, 1), tokens + Double((now - refilled).nanoseconds) / 1e9 * rate)
        refilled = now
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(context, .goingAway)
        case IdleStateHandler.IdleStateEvent.read:
            // It is we who do not read.
            if isPaused { return }
            if isPinged { return close(context, .idle) }
            isPinged = true
            context.writeAndFlush(
                Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength,
            NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
            close(context, .tooLarge)
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error, is FrameRules.Broken:
            close(context, .protocolError)
        default: context.close(promise: nil)
        }
    }

    /// Says why, and closes when the client has answered, or has had time to.
    func close(_ context: ChannelHandlerContext, _ reason: CloseReason) {
        guard !isClosing else { return }
        isClosing = true
        forget(reason)
        var data = ByteBuffer()
        data.writeInteger(reason.rawValue)
        context.writeAndFlush(
            Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)), promise: nil)
        let channel = context.channel
        if reason == .normal { return context.close(promise: nil) }
        context.eventLoop.scheduleTask(in: Self.closing) { channel.close(promise: nil) }
    }

    /// Writes a message that a transport took.
    func write(_ context: ChannelHandlerContext, _ message: ByteBuffer) -> EventLoopFuture<Void> {
        guard !isClosing else { return context.eventLoop.makeSucceededVoidFuture() }
        span.sent += 1
        return context.writeAndFlush(Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: message)))
    }
}
