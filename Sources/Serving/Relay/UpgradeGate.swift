import Listening
import NIOCore
import NIOHTTP1

/// Stands before the upgrade handler, and lets only such upgrades through as will succeed.
///
/// An upgrade that NIO's handler declines ends in an empty reply (swift-nio#2632), even `Upgrade: h2c` on /health. So the
/// headers of any other upgrade are taken away, and one to the relay that must be refused is answered here. It removes
/// itself after the first head: what follows it may be frames.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let admission: RelayAdmission
    private let tracing: RelayTracing
    private let patience: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isRefused = false

    /// - Parameter patience: how long a connection may stay without a request.
    init(admission: RelayAdmission, tracing: RelayTracing, patience: TimeAmount) {
        self.admission = admission
        self.tracing = tracing
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused, case .head(var head) = Self.unwrapInboundIn(data) else { return }
        deadline?.cancel()
        let isUpgrade = head.headers.contains(name: "Upgrade")
        switch admission.judge(head, peer: context.channel.remoteAddress) {
        case .upgrade: head.headers.replaceOrAdd(name: "Upgrade", value: "websocket")
        case .noUpgrade:
            if isUpgrade {
                head.headers.remove(name: "Upgrade")
                // NIO's decoder reads nothing behind a request that asks for an upgrade, whether it gets one or not.
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
        case .refuse(let status, let headers, let detail):
            isRefused = true
            tracing.answered(head, status)
            return refuse(context, RequestFault(status, detail), headers)
        }
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ fault: RequestFault, _ headers: HTTPHeaders = [:]) {
        for part in fault.answer(Answer.refusal, headers) { context.write(Self.wrapOutboundOut(part), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            channel.triggerUserOutboundEvent(LingeringClose.Begin(), promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Nothing was asked yet, so nothing is lost.
        if event is ChannelShouldQuiesceEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Of the bytes behind a refused request.
        guard !isRefused else { return }
        isRefused = true
        refuse(context, RequestFault(ofHead: error))
    }
}
