import HTTPTypes
import Hummingbird
import Logging

/// The outermost layer: a request id, one line in the log, headers that every answer has, and errors as JSON.
struct EdgeMiddleware: RouterMiddleware {
    typealias Context = ServerContext

    let logger: Logger
    var metrics: ServerMetrics?

    /// An API's answers are no pages: whatever a browser is made to think they are, they load nothing and run nothing.
    private static let headers: HTTPFields = [
        .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        .xContentTypeOptions: "nosniff", .referrerPolicy: "no-referrer", .frameOptions: "DENY",
        .resourcePolicy: "same-origin",
    ]

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let id = Self.given(request.headers[.requestID]) ?? RequestID().description
        var context = context
        context.logger[metadataKey: "request_id"] = "\(id)"
        var response: Response
        do { response = try await next(request, context) } catch let error as any HTTPResponseError {
            response = Answer.detail(error.status, error.status.reasonPhrase)
        } catch {
            // The cause is for the operator's log, not for the client.
            context.logger.error("a request failed", metadata: ["error": "\(error)"])
            response = Answer.detail(
                .internalServerError, "the server failed; its log says why under this request's id")
        }
        response.headers[.requestID] = id
        for field in Self.headers where response.headers[field.name] == nil { response.headers.append(field) }
        let duration = ContinuousClock.now - start
        metrics?.answered(response.status.code, after: duration)
        let took = duration.components
        // The path alone: a query may hold a user's id. So does what stands behind /ws/.
        let path = request.uri.path
        logger.info(
            "request",
            metadata: [
                "request_id": "\(id)", "method": "\(request.method)",
                "path": "\(path.hasPrefix("/ws/") ? "/ws/…" : path.prefix(200))",
                "status": .stringConvertible(response.status.code),
                "milliseconds": .stringConvertible(
                    Double(took.seconds * 1_000_000 + took.attoseconds / 1_000_000_000_000) / 1_000),
            ])
        return response
    }

    /// A client's own id is kept if it is short and plain.
    private static func given(_ id: String?) -> String? {
        guard let id, (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            })
        else { return nil }
        return id
    }
}
