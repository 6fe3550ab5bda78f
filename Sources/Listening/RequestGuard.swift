import NIOCore
import NIOHTTP1

/// Sees to it that each request gets one answer, and that a connection whose framing is in doubt ends with it.
///
/// Stands between the decoder and everything that answers. The decoder gives a request's head away before its body is read, so
/// that an answer may be under way, or be given, when the body turns out to be none: a second answer would then be taken for
/// that to another request. What is behind a request that cannot be read is never taken for a request.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request that is not answered to its end.
    private struct Exchange {
        var version = HTTPVersion.http1_1
        /// No request is read behind it.
        var isLast: Bool
        /// It is read to its end.
        var isComplete = false
        /// The head of its answer is written.
        var isBegun = false
        /// The answer, in place of the program's.
        var fault: RequestFault?
    }

    private let refusal: RefusalBody
    /// In the order of their answers. The last one alone may be incomplete.
    private var exchanges = CircularBuffer<Exchange>(initialCapacity: 2)
    /// Nothing more is read.
    private var isDeaf = false
    /// Nothing more is written.
    private var isMute = false

    init(refusal: @escaping RefusalBody) { self.refusal = refusal }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        switch Self.unwrapInboundIn(data) {
        case .head(var head):
            do { try RequestRules.check(&head) } catch {
                exchanges.append(Exchange(isLast: true, fault: error))
                isDeaf = true
                return answerFault(context)
            }
            exchanges.append(Exchange(version: head.version, isLast: Self.isLast(head)))
            context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        case .body: context.fireChannelRead(data)
        case .end:
            if let last = exchanges.indices.last {
                exchanges[last].isComplete = true
                isDeaf = exchanges[last].isLast
            }
            context.fireChannelRead(data)
        }
    }

    /// Whether the connection ends with the answer to a request.
    private static func isLast(_ head: HTTPRequestHead) -> Bool {
        // Who asks by HTTP/1.0 may wait for the end of the connection.
        guard head.isKeepAlive, head.version == .http1_1 else { return true }
        // The decoder reads nothing behind these.
        if head.method == .CONNECT || head.headers.contains(name: "Upgrade") { return true }
        // A body where others expect none: a proxy in front may have taken it for the next request.
        guard head.method != .POST else { return false }
        let length = head.headers.first(name: "Content-Length") ?? "0"
        return length != "0" || head.headers.contains(name: "Transfer-Encoding")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !isDeaf else { return }
        isDeaf = true
        if let last = exchanges.indices.last, !exchanges[last].isComplete {
            exchanges[last].isLast = true
            exchanges[last].fault = RequestFault(error, isHead: false)
            // Who reads the body must not wait for the rest of it.
            context.fireErrorCaught(error)
        } else {
            exchanges.append(Exchange(isLast: true, fault: RequestFault(error, isHead: true)))
        }
        answerFault(context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Without a request there is no answer, and a fault has its own.
        guard !isMute, var exchange = exchanges.first, exchange.fault == nil || exchange.isBegun else {
            promise?.succeed()
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            if !head.status.isInformational {
                exchange.isBegun = true
                // What is left of the request would have to be read before the next one, and may have no end.
                exchange.isLast = exchange.isLast || !exchange.isComplete || Self.closes(head)
                exchanges[exchanges.startIndex] = exchange
                if exchange.isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
                // HTTP/1.0 has no chunks: without a length the end of the connection is the end of the answer.
                if exchange.version == .http1_0, !head.headers.contains(name: "Content-Length") {
                    head.version = .http1_0
                }
            }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            exchanges.removeFirst()
            guard exchange.isLast else {
                context.write(data, promise: promise)
                return answerFault(context)
            }
            end(context, data, promise)
        }
    }

    private static func closes(_ head: HTTPResponseHead) -> Bool {
        head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
    }

    /// Answers the faulty request, once those before it are answered.
    private func answerFault(_ context: ChannelHandlerContext) {
        guard !isMute, let exchange = exchanges.first, let fault = exchange.fault, !exchange.isBegun else { return }
        for part in fault.answer(refusal) { context.write(Self.wrapOutboundOut(part), promise: nil) }
        end(context, Self.wrapOutboundOut(.end(nil)), nil)
    }

    /// The last part of the last answer.
    private func end(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        isDeaf = true
        isMute = true
        exchanges.removeAll()
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        // Not before it is sent: a client that has closed its side would get no more of it.
        written.futureResult.whenComplete { _ in channel.triggerUserOutboundEvent(LingeringClose.Begin(), promise: nil)
        }
        context.writeAndFlush(data, promise: written)
    }
}

extension HTTPResponseStatus {
    fileprivate var isInformational: Bool { (100..<200).contains(code) }
}
