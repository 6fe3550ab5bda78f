public import Tracing

/// A failure whose kind a span may tell.
public protocol TracedFailure: Error {
    /// Out of a closed set, and never words: they may quote an address or an answer, and stand in the log.
    var failureKind: String { get }
}

extension Span {
    /// Marks the span as failed.
    ///
    /// - Parameter kind: see `TracedFailure`.
    public func fail(_ kind: String) {
        attributes["error.type"] = kind
        setStatus(SpanStatus(code: .error))
    }

    /// Marks the span as failed, or as cancelled: a reload and a stop are no errors.
    public func fail(_ error: any Error) {
        guard !Task.isCancelled else {
            attributes["error.type"] = "cancelled"
            return
        }
        fail((error as? any TracedFailure)?.failureKind ?? "other")
    }
}

/// Does something at the edge of the program within a span: asks a log, a peer, or whoever is told of alerts.
///
/// Unlike `withSpan` it puts no error's words into the span.
public func withEdgeSpan<Result, Failure: Error>(
    _ name: String, ofKind kind: SpanKind, _ attributes: SpanAttributes, isolation: isolated (any Actor)? = #isolation,
    _ body: (any Span) async throws(Failure) -> Result
) async throws(Failure) -> Result {
    let result = await withSpan(name, ofKind: kind) { span in
        span.attributes.merge(attributes)
        do throws(Failure) { return Swift.Result<Result, Failure>.success(try await body(span)) } catch {
            span.fail(error)
            return .failure(error)
        }
    }
    return try result.get()
}
