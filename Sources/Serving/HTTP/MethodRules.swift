import HTTPTypes
import Hummingbird

/// Answers other methods than a path has with 405 and Allow (RFC 9110, section 15.5.6); the router alone says 404.
struct MethodRules: RouterMiddleware {
    typealias Context = ServerContext

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let isRegistration = request.uri.path.split(separator: "/") == ["did", "register"]
        let allowed: [HTTPRequest.Method] = isRegistration ? [.post] : [.get, .head]
        guard allowed.contains(request.method) else {
            let list = allowed.map(\.rawValue).joined(separator: ", ")
            var answer = Answer.detail(.methodNotAllowed, "only \(list) is answered here")
            answer.headers[.allow] = list
            return answer
        }
        return try await next(request, context)
    }
}
