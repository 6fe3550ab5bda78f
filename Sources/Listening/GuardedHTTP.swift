package import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection that speaks HTTP/1.1, bounded and guarded.
package struct GuardedHTTP: ServerChildChannel, HTTPChannelHandler {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    package let responder: HTTPChannelHandler.Responder
    private let bounds: ConnectionBounds
    private let refusal: RefusalBody

    package init(
        responder: @escaping HTTPChannelHandler.Responder, bounds: ConnectionBounds, refusal: @escaping RefusalBody
    ) {
        self.responder = responder
        self.bounds = bounds
        self.refusal = refusal
    }

    /// A server of such connections.
    package static func server(_ bounds: ConnectionBounds, refusal: @escaping RefusalBody) -> HTTPServerBuilder {
        HTTPServerBuilder { GuardedHTTP(responder: $0, bounds: bounds, refusal: refusal) }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try Self.addBounds(bounds, to: pipeline)
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: bounds.decoder)
            return try Self.addExchanges(channel, bounds: bounds, refusal: refusal, logger: logger)
        }
    }

    package func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    /// What stands before the decoder, on bytes.
    package static func addBounds(
        _ bounds: ConnectionBounds, to pipeline: ChannelPipeline.SynchronousOperations
    ) throws {
        try pipeline.addHandler(LingeringClose(bounds))
        try pipeline.addHandler(WritePatience(bounds.idle))
    }

    /// What stands behind the decoder: the guard, and the rest as Hummingbird's own connections have it.
    package static func addExchanges(
        _ channel: any Channel, bounds: ConnectionBounds, refusal: @escaping RefusalBody, logger: Logger
    ) throws -> Value {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(RequestGuard(refusal: refusal))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(
            HTTPConnectionStateHandler(idleTimeout: .nanoseconds(bounds.idle.nanoseconds), logger: logger))
        return try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}

extension ConnectionBounds {
    package var decoder: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = fieldBytes
        limits.maxHeaderListSize = headerBytes
        limits.maxHeaderFieldCount = fieldCount
        return limits
    }
}
