import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TransparencyLog

/// What stands before every answer: who asks, how, and what a browser may do with it.
struct StatusGuard: RouterMiddleware {
    typealias Context = StatusContext

    let access: @Sendable () -> StatusAccess

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        if let refusal = refusal(of: request) {
            response = refusal
        } else {
            do { response = try await next(request, context) } catch {
                response = Self.answer(to: error, request, context.logger)
            }
        }
        if Self.isGossip(request) { response.headers[.accessControlAllowOrigin] = "*" }
        for (name, value) in Self.headers where response.headers[name] == nil { response.headers[name] = value }
        return response
    }

    private func refusal(of request: Request) -> Response? {
        if Self.isGossip(request) { return nil }
        guard request.method == .get || request.method == .head else {
            return Self.error(.methodNotAllowed, "only GET and HEAD are answered", request, [.allow: "GET, HEAD"])
        }
        let length = request.headers[.contentLength] ?? "0"
        guard length == "0", request.headers[.transferEncoding] == nil else {
            // What follows is not read: the connection is of no use any more.
            return Self.error(.contentTooLarge, "a question has no body", request, [.connection: "close"])
        }
        // Probes of an orchestrator know neither name nor token, and learn nothing.
        if request.uri.path.hasPrefix("/-/") { return nil }
        let access = access()
        guard access.allows(host: request.head.authority) else {
            return Self.error(
                .misdirectedRequest, "this name is not one of the site's; names are set by status.hosts", request)
        }
        guard access.allows(authorization: request.headers[.authorization]) else {
            return Self.error(
                .unauthorized, "a token is needed: Authorization: Bearer TOKEN, or as the password of Basic", request,
                [.wwwAuthenticate: "Bearer realm=\"nexo-watch\", Basic realm=\"nexo-watch\""])
        }
        return nil
    }

    private static func answer(to error: any Error, _ request: Request, _ logger: Logger) -> Response {
        switch error {
        case let invalid as StatusQuery.Invalid: return Self.error(.badRequest, invalid.message, request)
        case is StatusAPI.NotFound: return Self.error(.notFound, "there is no such thing here", request)
        case is TimeLimit.Exceeded:
            return Self.error(.serviceUnavailable, "it took too long; ask again later", request, [.retryAfter: "10"])
        case let error as HTTPError: return Self.error(error.status, error.body ?? "there is no such page", request)
        default:
            logger.error("the status cannot be shown", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return Self.error(.internalServerError, "the status cannot be shown; the log says why", request)
        }
    }

    /// JSON where a program asks, else text.
    static func error(
        _ status: HTTPResponse.Status, _ message: String, _ request: Request, _ headers: HTTPFields = [:]
    ) -> Response {
        var response =
            request.uri.path.hasPrefix("/api/") || request.uri.path.hasPrefix("/gossip/")
            ? StatusServer.answer(
                JSONValue.object([
                    JSONMember(
                        "error",
                        .object([
                            JSONMember("status", .integer(status.code)), JSONMember("message", .string(message)),
                        ]))
                ]).serialized() + "\n", .json)
            : StatusServer.answer("\(message)\n", .text)
        response.status = status
        response.headers.append(contentsOf: headers)
        return response
    }

    /// A page shows what a log wrote: should some of it pass as markup, it can run, load and send nothing.
    private static let headers: [(HTTPField.Name, String)] =
        [
            (
                .contentSecurityPolicy,
                "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
                    + "frame-ancestors 'none'"
            ),
            (.xContentTypeOptions, "nosniff"), (.cacheControl, "no-store"),
        ]
        + [
            ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}

/// Ends what takes too long.
struct TimeLimit: Sendable {
    struct Exceeded: Error {}

    let limit: Duration

    /// - Throws: `Exceeded`, after the body was cancelled and ended.
    func run<Result: Sendable>(_ body: @Sendable @escaping () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask { [limit] in
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else { throw Exceeded() }
            return result
        }
    }
}
