import Foundation
import Hummingbird
import HummingbirdCore
import Listening
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOWebSocket
import TransparencyLog

/// A connection that is HTTP, or becomes a relay session with its first request.
struct RelayChannel: ServerChildChannel, HTTPChannelHandler {
    enum Negotiated: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case session(any Channel)
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let negotiated: EventLoopFuture<Negotiated>
    }

    let responder: HTTPChannelHandler.Responder
    let relay: Relay
    let admission: RelayAdmission
    let tracing: RelayTracing
    let settings: ServerSettings

    /// Swift's runtime makes the types of these handlers at their first use, and may crash where two event loops need them at
    /// once: seen three times in some 3,000 starts with clients at the door (Swift 6.3.1).
    private static let first = NIOLock()

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        Self.first.withLock { add(to: channel, logger: logger) }
    }

    private func add(to channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: .init(
                    upgraders: [upgrader], notUpgradingCompletionHandler: { http($0, logger: logger) }))
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            configuration.decoderConfiguration = bounds.decoder
            let pipeline = channel.pipeline.syncOperations
            try GuardedHTTP.addBounds(bounds, to: pipeline)
            let negotiated = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let gate = UpgradeGate(admission: admission, tracing: tracing, patience: bounds.idle)
            let upgrade = try pipeline.handler(type: NIOTypedHTTPServerUpgradeHandler<Negotiated>.self)
            try pipeline.addHandler(gate, position: .before(upgrade))
            return Value(channel: channel, negotiated: negotiated)
        }
    }

    private func http(_ channel: any Channel, logger: Logger) -> EventLoopFuture<Negotiated> {
        channel.eventLoop.makeCompletedFuture {
            .http(
                try GuardedHTTP.addExchanges(channel, bounds: bounds, refusal: Answer.refusal, logger: logger))
        }
    }

    private var bounds: ConnectionBounds { settings.connection }

    private var upgrader: NIOTypedWebSocketServerUpgrader<Negotiated> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: relay.settings.maximumPayloadBytes, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    // The gate let it through, so it has an id.
                    let id = RelayAdmission.session(head.uri) ?? JSONText("")
                    try RelayPipeline.addSession(
                        id, of: relay, to: channel.pipeline.syncOperations, tracer: tracing.tracer,
                        context: tracing.answered(head, .switchingProtocols))
                    return .session(channel)
                }
            })
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.negotiated.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .session(let channel): try await channel.closeFuture.get()
            }
        } catch {
            // The client went away before it asked for anything.
            logger.trace("a connection ended early", metadata: ["error": "\(error)"])
            value.channel.close(promise: nil)
        }
    }
}
