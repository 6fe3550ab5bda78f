import HTTPTypes
import Hummingbird

/// Which pages of other origins may read our answers (the Fetch standard, "CORS protocol").
struct CORS: RouterMiddleware {
    typealias Context = ServerContext

    let origins: [String]

    func allows(_ origin: String) -> Bool { origins.contains("*") || origins.contains(origin.lowercased()) }

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin] else { return try await next(request, context) }
        let isAllowed = allows(origin)
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            guard isAllowed else { return Answer.detail(.forbidden, "origin: is not one of CORS_ORIGINS") }
            return Response(
                status: .noContent,
                headers: [
                    .accessControlAllowOrigin: origin, .vary: "Origin",
                    .accessControlAllowMethods: "GET, HEAD, POST, OPTIONS",
                    .accessControlAllowHeaders: "Content-Type, X-Request-Id, If-None-Match, Range",
                    .accessControlMaxAge: "600",
                ])
        }
        var response: Response
        do { response = try await next(request, context) } catch let error as any HTTPResponseError {
            response = Answer.detail(error.status, error.status.reasonPhrase)
        }
        // A cache must not show one origin what was meant for another.
        response.headers[.vary] = "Origin"
        guard isAllowed else { return response }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = "X-Request-Id, Retry-After, ETag, Content-Range"
        return response
    }
}
