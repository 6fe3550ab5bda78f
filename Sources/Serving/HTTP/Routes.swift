import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
import Telemetry
import TransparencyLog

/// The HTTP interface of a deployment (PROTOCOL, "HTTP interface"), and our additions to it.
public struct Routes: Sendable {
    let log: LogService
    let settings: ServerSettings
    let relay: Relay
    let registrations: RateLimiter
    let metrics: ServerMetrics
    let logger: Logger

    /// - Parameter logger: gets a line for each request.
    public init(_ log: LogService, settings: ServerSettings, relay: Relay, logger: Logger) {
        self.log = log
        self.settings = settings
        self.relay = relay
        self.logger = logger
        registrations = RateLimiter(
            rate: settings.rateLimit, burst: settings.rateLimit * settings.rateBurstSeconds,
            maximumClients: settings.rateLimitedClients)
        metrics = ServerMetrics(settings)
    }

    public func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: EdgeMiddleware(logger: logger, metrics: metrics))
        router.add(middleware: RequestTracing())
        router.add(middleware: CORS(origins: settings.corsOrigins))
        router.add(middleware: MethodRules())
        router.get("health") { _, _ in
            Answer.json(
                .ok,
                [
                    JSONMember("status", .string("healthy")), JSONMember("timestamp", .integer(log.now())),
                    JSONMember("users_count", .integer(await log.usersCount)),
                    JSONMember("sth_count", .integer(await log.headsCount)),
                ])
        }
        router.post("did/register") { request, context in await register(request, context) }
        router.get("sth/latest") { request, _ in
            guard let head = await log.latestHead else { return Answer.detail(.notFound, "No STH found") }
            return Answer.tagged(request, head, type: "application/json", cache: "no-cache")
        }
        router.get("sth/chain") { request, context in await chain(request, context.loop) }
        router.get("ws/:session") { _, _ in
            var answer = Answer.detail(.upgradeRequired, "a WebSocket upgrade is expected here")
            answer.headers[.upgrade] = "websocket"
            return answer
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: await metricsPage())))
        }
        router.get("openapi.yml") { request, _ in
            Answer.tagged(request, Array(ServerDescription.text.utf8), type: "application/yaml", cache: "no-cache")
        }
        addAdditions(to: router)
        addPages(to: router)
        return router
    }

    private func chain(_ request: Request, _ loop: any EventLoop) async -> Response {
        let text = request.uri.queryParameters["limit"].map(String.init) ?? "10"
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        // More than there can be is all there are.
        let limit = Int(text) ?? .max
        guard isNumber, limit >= 1 else { return Answer.detail(.badRequest, "limit: must be an integer above 0") }
        let count = await log.headsCount
        let pages = ChainPages(
            storage: log.storage, heads: max(count - min(limit, settings.maximumChainLimit), 0)..<count)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
            body: .init { writer in
                for try await page in pages {
                    try await writer.write(page)
                    // As of users.jsonl: one part at a time.
                    try await loop.submit {}.get()
                }
                try await writer.finish(nil)
            })
    }
}
