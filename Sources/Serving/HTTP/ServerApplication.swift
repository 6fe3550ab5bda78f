public import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Tracing

/// Everything that listens on the port, put together.
public struct ServerApplication: Sendable {
    public let log: LogService
    public let settings: ServerSettings
    public let relay: Relay
    private let logger: Logger

    public init(_ log: LogService, settings: ServerSettings, logger: Logger) {
        self.log = log
        self.settings = settings
        self.logger = logger
        relay = Relay(settings.relay)
    }

    /// - Parameter onRunning: told of the bound channel.
    public func application(
        host: String, onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some ApplicationProtocol {
        let admission = RelayAdmission(
            relay: relay, cors: CORS(origins: settings.corsOrigins),
            limiter: RateLimiter(
                rate: settings.rateLimit, burst: settings.rateLimit * settings.rateBurstSeconds,
                maximumClients: settings.rateLimitedClients),
            trustedProxies: settings.trustedProxies)
        // Hummingbird's own lines would say each thing twice.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let tracing = RelayTracing(tracer: InstrumentationSystem.tracer)
        return Application(
            router: Routes(log, settings: settings, relay: relay, logger: logger).router(),
            server: HTTPServerBuilder { [relay, settings] responder in
                RelayChannel(
                    responder: responder, relay: relay, admission: admission, tracing: tracing, settings: settings)
            },
            configuration: .init(
                address: .hostname(host, port: settings.port), serverName: "nexo-server", backlog: 1_024,
                availableConnectionsDelegate: .maximum(settings.maximumConnections, logger: quiet)),
            onServerRunning: onRunning, logger: quiet)
    }
}
