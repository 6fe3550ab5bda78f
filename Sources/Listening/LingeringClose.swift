package import NIOCore

/// Ends a connection so that its client gets the last answer: what was written is sent, then the end; what still comes in is
/// thrown away, for a while, and reaches no decoder.
///
/// Stands before all others, on bytes. Told by `Begin`, as an event that goes out.
package final class LingeringClose: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// The last answer is written.
    package struct Begin: Sendable {
        package init() {}
    }

    private let bounds: ConnectionBounds
    private var isEnding = false
    private var discarded = 0
    private var deadline: Scheduled<Void>?

    package init(_ bounds: ConnectionBounds) { self.bounds = bounds }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is Begin else { return context.triggerUserOutboundEvent(event, promise: promise) }
        promise?.succeed()
        guard !isEnding else { return }
        isEnding = true
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: bounds.linger) { channel.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        // Whoever reads behind this handler may have stopped.
        context.read()
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isEnding, mode == .output else { return context.close(mode: mode, promise: promise) }
        // It is being done.
        promise?.succeed()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isEnding else { return context.fireChannelRead(data) }
        discarded += Self.unwrapInboundIn(data).readableBytes
        if discarded > bounds.lingerBytes { context.close(promise: nil) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        guard isEnding else { return context.fireChannelReadComplete() }
        context.read()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard isEnding, event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        context.close(promise: nil)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isEnding else { return context.fireErrorCaught(error) }
        context.close(promise: nil)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }
}
