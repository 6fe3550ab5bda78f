import HTTPTypes
public import Hummingbird
import Listening
public import Logging
import NIOCore
public import Telemetry
import TransparencyLog

/// Whether the watcher has read its store and polls.
public actor Readiness {
    public private(set) var isReady = false

    public init() {}

    func set() {
        isReady = true
        for waiter in waiting { waiter.resume() }
        waiting = []
    }

    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Until it is ready.
    public func wait() async {
        if isReady { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}

/// The one port: pages for people, /api/v1/ for programs, /metrics, /-/healthy and /-/ready, and /gossip/v1/ where that is
/// configured. It only reads, but for heads that are submitted.
public enum StatusServer {
    /// What the server shows.
    public struct Source: Sendable {
        let registry: PrometheusRegistry
        let readiness: Readiness
        /// Of the watcher that runs: a reload puts another one in its place.
        let reader: @Sendable () -> StatusReader
        /// nil where no gossip is configured.
        let gossip: @Sendable () -> GossipAPI?

        public init(
            registry: PrometheusRegistry, readiness: Readiness, reader: @escaping @Sendable () -> StatusReader,
            gossip: @escaping @Sendable () -> GossipAPI? = { nil }
        ) {
            self.registry = registry
            self.readiness = readiness
            self.reader = reader
            self.gossip = gossip
        }
    }

    /// - Parameter access: is asked for each request: a reload may change it.
    public static func application(
        _ configuration: WatchConfiguration, access: @escaping @Sendable () -> StatusAccess, source: Source,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) throws(ConfigurationFile.Invalid) -> some ApplicationProtocol {
        guard let (host, port) = address(configuration.listen) else {
            throw .init(description: "listen: must be host:port, not \(configuration.listen)")
        }
        let status = configuration.status
        return Application(
            router: router(source, access, TimeLimit(limit: status.requestTimeout)),
            server: GuardedHTTP.server(status.connection) {
                ("text/plain; charset=utf-8", Array("\($0.message)\n".utf8))
            },
            configuration: .init(
                address: .hostname(host, port: port), serverName: "nexo-watch",
                availableConnectionsDelegate: .maximum(status.connections, logger: logger)),
            onServerRunning: { onRunning($0.localAddress?.port ?? 0) }, logger: logger)
    }

    /// `host:port`, the host of IPv6 in brackets; port 0 takes a free one.
    static func address(_ listen: String) -> (host: String, port: Int)? {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = listen[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }

    static func router(
        _ source: Source, _ access: @escaping @Sendable () -> StatusAccess, _ time: TimeLimit
    ) -> Router<StatusContext> {
        let router = Router(context: StatusContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestTracing())
        router.add(middleware: StatusGuard(access: access))
        router.get("metrics") { request, _ in
            let exposition = Exposition.negotiated(request.headers[.accept])
            return answer(source.registry.render(exposition), .other(exposition.contentType))
        }
        router.get("-/healthy") { _, _ in answer("healthy\n", .text) }
        router.get("-/ready") { _, _ in
            var response = answer("ready\n", .text)
            if await !source.readiness.isReady {
                response = answer("starting\n", .text)
                response.status = .serviceUnavailable
            }
            return response
        }
        addPages(to: router, { StatusSite(reader: source.reader()) }, time)
        addGossip(to: router, source.gossip, time)
        addAPI(to: router, { StatusAPI(reader: source.reader()) }, time)
        return router
    }

    private static func addPages(
        to router: Router<StatusContext>, _ site: @escaping @Sendable () -> StatusSite, _ time: TimeLimit
    ) {
        router.get("/") { _, _ in answer(try await time.run { try await site().overview() }, .html) }
        router.get("log/:name") { request, context in
            let (name, query) = (context.parameters.get("name"), Self.query(request))
            return answer(try await time.run { try await site().log(name, query) }, .html)
        }
        router.get("evidence/:name") { _, context in
            let name = context.parameters.get("name")
            switch try await time.run({ try await site().evidence(name) }) {
            case .page(let page): return answer(page, .html)
            case .file(let bytes, let name):
                return Response(
                    status: .ok,
                    headers: [
                        .contentType: Kind.json.text, .contentDisposition: "attachment; filename=\"\(name)\"",
                    ], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
            }
        }
        router.get("style.css") { _, _ in
            var response = answer(SiteStyle.sheet, .other("text/css; charset=utf-8"))
            response.headers[.cacheControl] = "private, max-age=300"
            return response
        }
        router.get("icon.svg") { _, _ in answer(SitePage.icon, .other("image/svg+xml")) }
    }

    private static func addAPI(
        to router: Router<StatusContext>, _ api: @escaping @Sendable () -> StatusAPI, _ time: TimeLimit
    ) {
        let group = router.group("api/v1")
        func add(
            _ path: RouterPath,
            _ body: @escaping @Sendable (StatusAPI, String?, [(String, String)]) async throws -> JSONValue
        ) {
            group.get(path) { request, context in
                let (name, query) = (context.parameters.get("log"), Self.query(request))
                return answer(try await time.run { try await body(api(), name, query).serialized() } + "\n", .json)
            }
        }
        add("logs") { api, _, query in try await api.logs(query) }
        add("logs/:log") { api, name, query in try await api.log(name, query) }
        add("logs/:log/heads") { api, name, query in try await api.heads(name, query) }
        add("logs/:log/findings") { api, name, query in try await api.findings(name, query) }
        add("findings") { api, _, query in try await api.findings(nil, query) }
        add("alerts") { api, _, query in try await api.alerts(query) }
        group.get("openapi.yaml") { _, _ in answer(OpenAPIDocument.text, .other("application/yaml")) }
    }

    private static func query(_ request: Request) -> [(String, String)] {
        request.uri.queryParameters.map { (String($0.key), String($0.value)) }
    }

    enum Kind {
        case text, html, json
        case other(String)

        var text: String {
            switch self {
            case .text: "text/plain; charset=utf-8"
            case .html: "text/html; charset=utf-8"
            case .json: "application/json"
            case .other(let type): type
            }
        }
    }

    static func answer(_ body: String, _ kind: Kind) -> Response {
        Response(
            status: .ok, headers: [.contentType: kind.text], body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}
