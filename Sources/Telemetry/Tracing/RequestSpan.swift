public import Tracing

/// The span of a request that a server was sent, in the trace of its caller, by the names of OpenTelemetry's conventions.
///
/// It tells the call by its route. Paths, queries, headers and addresses name people, and are told to nobody.
public struct RequestSpan: Sendable {
    private struct Headers: Extractor {
        func extract(key: String, from header: @Sendable (String) -> String?) -> String? { header(key) }
    }

    /// Any other word that a client sends would be a name of its own.
    private static let methods: Set<String> = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    ]

    public let span: any Span
    private let method: String

    /// Begins the span.
    ///
    /// - Parameter header: the value of one of the request's headers; several of one name are joined by commas.
    public init(
        method: String, tracer: any Tracer = InstrumentationSystem.tracer,
        header: @escaping @Sendable (String) -> String?
    ) {
        self.method = Self.methods.contains(method) ? method : "_OTHER"
        var context = InstrumentationContext.current ?? .topLevel
        tracer.extract(header, into: &context, using: Headers())
        span = tracer.startAnySpan(self.method, context: context, ofKind: .server)
        span.attributes["http.request.method"] = self.method
    }

    /// Says how the request was answered; the span goes on until the answer is written.
    ///
    /// - Parameter route: nil where there is no such call.
    public func answered(_ status: Int, route: String?, bytes: Int? = nil) {
        if let route { span.operationName = "\(method) \(route)" }
        span.updateAttributes { attributes in
            attributes["http.route"] = route
            attributes["http.response.status_code"] = status
            attributes["http.response.body.size"] = bytes
        }
        if status >= 500 { span.fail("\(status)") }
    }
}
