import HTTPTypes
public import Hummingbird
import Synchronization
import Tracing

/// A span for each request.
///
/// Not Hummingbird's own middleware: that puts paths, queries and user agents into spans, and with them whom a client asks
/// for.
public struct RequestTracing<Context: RequestContext>: RouterMiddleware {
    public init() {}

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let headers = request.headers
        let traced = RequestSpan(method: request.method.rawValue) { name in
            HTTPField.Name(name).flatMap { headers[$0] }
        }
        let ending = Ending(traced.span)
        do {
            var response = try await InstrumentationContext.withValue(traced.span.context) {
                try await next(request, context)
            }
            let body = response.body
            traced.answered(Int(response.status.code), route: Self.route(context), bytes: body.contentLength)
            guard traced.span.isRecording else {
                ending.end()
                return response
            }
            response.body = ResponseBody(contentLength: body.contentLength) { writer in
                defer { ending.end() }
                try await body.write(writer)
            }
            return response
        } catch {
            let status = (error as? any HTTPResponseError)?.status ?? .internalServerError
            traced.answered(Int(status.code), route: Self.route(context))
            ending.end()
            throw error
        }
    }

    /// Hummingbird's word for what it does not find is no route.
    private static func route(_ context: Context) -> String? {
        context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}

/// Ends a span once: when the answer was written, or when nobody will write it.
private final class Ending: Sendable {
    private let span: Mutex<(any Span)?>

    init(_ span: any Span) { self.span = Mutex(span) }

    deinit { end() }

    func end() {
        span.withLock { span in
            span?.end()
            span = nil
        }
    }
}
