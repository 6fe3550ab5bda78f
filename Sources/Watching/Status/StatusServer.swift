public import Hummingbird
public import Logging
import NIOCore
public import Telemetry

/// Whether the watcher has read its store and polls.
public actor Readiness {
    public private(set) var isReady = false

    public init() {}

    func set() { isReady = true }
}

/// /metrics, /-/healthy and /-/ready.
public enum StatusServer {
    public struct Invalid: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// - Parameter listen: host:port; port 0 takes a free one.
    public static func application(
        listen: String, registry: PrometheusRegistry, readiness: Readiness, logger: Logger,
        onRunning: @escaping @Sendable (Int) -> Void
    ) throws -> some ApplicationProtocol {
        guard let (host, port) = address(listen) else {
            throw Invalid(description: "listen: must be host:port, not \(listen)")
        }
        return Application(
            router: router(registry, readiness),
            configuration: .init(address: .hostname(host, port: port), serverName: "nexo-watch"),
            onServerRunning: { onRunning($0.localAddress?.port ?? 0) }, logger: logger)
    }

    static func address(_ listen: String) -> (host: String, port: Int)? {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        return (String(listen[..<colon]), port)
    }

    static func router(_ registry: PrometheusRegistry, _ readiness: Readiness) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/") { _, _ in text("NEXO Watch. Metrics are at /metrics.\n") }
        router.get("metrics") { _, _ in text(registry.render(), type: PrometheusRegistry.contentType) }
        router.get("-/healthy") { _, _ in text("healthy\n") }
        router.get("-/ready") { _, _ in
            await readiness.isReady ? text("ready\n") : text("starting\n", status: .serviceUnavailable)
        }
        return router
    }

    private static func text(
        _ body: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}
