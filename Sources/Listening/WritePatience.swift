import NIOCore

/// Ends a connection whose client takes nothing of an answer for too long: it would hold its place for ever, since a connection
/// is not idle while an answer is under way.
final class WritePatience: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private let patience: TimeAmount
    private var waiting = 0
    private var progress = NIODeadline.uptimeNanoseconds(0)
    private var check: Scheduled<Void>?

    /// - Parameter patience: for one part of an answer, from its predecessor's last byte to its own.
    init(_ patience: TimeAmount) { self.patience = patience }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        if waiting == 0 { progress = context.eventLoop.now }
        waiting += 1
        let loop = context.eventLoop
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            waiting -= 1
            progress = loop.now
        }
        context.write(data, promise: written)
        if check == nil { schedule(context) }
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        check = loop.assumeIsolated().scheduleTask(deadline: progress + patience) { [self] in
            check = nil
            guard waiting > 0 else { return }
            guard loop.now >= progress + patience else { return schedule(context) }
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { check?.cancel() }
}
