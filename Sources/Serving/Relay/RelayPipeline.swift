package import NIOCore
import NIOWebSocket
package import Tracing
package import TransparencyLog

/// What stands behind NIO's decoders on a connection, apart from the socket below them.
package enum RelayPipeline {
    /// Frames of one message: each costs memory, whatever its size.
    private static let maximumFragments = 1_024

    /// A session, behind the decoder of frames.
    package static func addSession(
        _ id: JSONText, of relay: Relay, to pipeline: ChannelPipeline.SynchronousOperations,
        tracer: any Tracer = NoOpTracer(), context: InstrumentationContext = .topLevel
    ) throws {
        let bounds = relay.settings
        try pipeline.addHandler(IdleStateHandler(readTimeout: .seconds(Int64(bounds.heartbeatSeconds))))
        try pipeline.addHandler(FrameRules())
        try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: maximumFragments,
                maxAccumulatedFrameSize: bounds.maximumPayloadBytes))
        try pipeline.addHandler(RelayHandler(id: id, relay: relay, span: RelayTracing(tracer: tracer).session(context)))
    }

    /// The gate before the upgrade, behind the decoder of requests, for anybody from anywhere.
    package static func addGate(to relay: Relay, in pipeline: ChannelPipeline.SynchronousOperations) throws {
        let admission = RelayAdmission(
            relay: relay, cors: CORS(origins: []), limiter: RateLimiter(rate: 0, burst: 0, maximumClients: 1),
            trustedProxies: [])
        try pipeline.addHandler(
            UpgradeGate(
                admission: admission, tracing: RelayTracing(tracer: NoOpTracer()), patience: .seconds(60)))
    }
}
