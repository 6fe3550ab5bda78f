import NIOHTTP1
import Telemetry
import Tracing

/// What traces tell of the relay: one span for each upgrade that is asked for, which ends with the answer, and one below it
/// for the session, which may go on for days and is told at its end.
///
/// They say how sessions go, and not whose they are: no id, address or payload is in them.
struct RelayTracing: Sendable {
    private static let route = "/ws/{session}"

    /// Held, since an event loop has no task to find it by.
    let tracer: any Tracer

    /// Tells of an upgrade that was made or refused.
    ///
    /// - Returns: the context that the session's span belongs to.
    @discardableResult
    func answered(_ head: HTTPRequestHead, _ status: HTTPResponseStatus) -> InstrumentationContext {
        let headers = head.headers
        let request = RequestSpan(method: head.method.rawValue, tracer: tracer) { name in
            let values = headers[name]
            return values.isEmpty ? nil : values.joined(separator: ",")
        }
        request.answered(Int(status.code), route: Self.route)
        request.span.end()
        return request.span.context
    }

    func session(_ context: InstrumentationContext) -> SessionSpan {
        SessionSpan(span: tracer.startAnySpan("relay session", context: context, ofKind: .server))
    }
}

/// The span of one session, and what is counted for it.
struct SessionSpan {
    /// The connection broke, and no close was said (RFC 6455, section 7.1.5).
    private static let abnormal: UInt16 = 1006

    let span: any Span
    /// Envelopes of the session's client, and those among them that reached nobody.
    var received = 0
    var undeliverable = 0
    /// Messages that the client was sent, pongs among them.
    var sent = 0

    /// - Parameter reason: nil where the connection is gone.
    func end(_ reason: CloseReason?) {
        span.updateAttributes { attributes in
            attributes["nexo.relay.close_code"] = Int(reason?.rawValue ?? Self.abnormal)
            attributes["nexo.relay.envelopes.received"] = received
            attributes["nexo.relay.envelopes.undeliverable"] = undeliverable
            attributes["nexo.relay.messages.sent"] = sent
        }
        span.end()
    }
}
