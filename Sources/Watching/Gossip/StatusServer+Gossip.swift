import HTTPTypes
import Hummingbird
import Listening
import NIOCore
import TransparencyLog

/// /gossip/v1/: open to everybody who reaches the port, since all that is served is signed and public.
extension StatusServer {
    static func addGossip(
        to router: Router<StatusContext>, _ gossip: @escaping @Sendable () -> GossipAPI?, _ time: TimeLimit
    ) {
        let group = router.group("gossip/v1")
        func add(
            _ path: RouterPath, _ body: @escaping @Sendable (GossipAPI, StatusContext) async throws -> Response
        ) {
            group.get(path) { _, context in
                guard let api = gossip() else { throw StatusAPI.NotFound() }
                return try await time.run { try await body(api, context) }
            }
        }
        add("heads") { api, _ in json(try await api.heads()) }
        add("logs/:log/heads/:size") { api, context in
            json(try await api.head(context.parameters.get("log"), at: context.parameters.get("size")))
        }
        add("logs/:log/checkpoint") { api, context in
            answer(try await api.checkpoint(context.parameters.get("log"), at: nil), .text)
        }
        add("logs/:log/checkpoints/:size") { api, context in
            answer(
                try await api.checkpoint(context.parameters.get("log"), at: context.parameters.get("size") ?? ""), .text
            )
        }
        add("evidence") { api, _ in json(try await api.evidence()) }
        add("evidence/:hash") { api, context in
            let bytes = try await api.evidence(context.parameters.get("hash"))
            return Response(
                status: .ok, headers: [.contentType: Kind.json.text], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        group.post("heads") { request, context in
            guard let api = gossip() else { throw StatusAPI.NotFound() }
            return try await submit(request, context, api, time)
        }
        // What a browser asks before it sends a page's heads to another host than the page's own.
        group.on("heads", method: .options) { _, _ in
            Response(
                status: .noContent,
                headers: [
                    .accessControlAllowMethods: "GET, POST", .accessControlAllowHeaders: "Content-Type",
                    .accessControlMaxAge: "86400",
                ])
        }
    }

    private static func json(_ value: JSONValue) -> Response { answer(value.serialized() + "\n", .json) }

    /// Nothing of the submitter is kept but the time.
    private static func submit(
        _ request: Request, _ context: StatusContext, _ api: GossipAPI, _ time: TimeLimit
    ) async throws -> Response {
        guard api.limiter.allows(api.submitter(request.headers, context.address)) else {
            // The body is not read.
            return tooMany(request, api, [.connection: "close"])
        }
        do {
            return try await time.run { [limits = api.desk.limits] in
                json(try await api.submit(try await submission(request, limits.submissionBytes)))
            }
        } catch is GossipAPI.Busy {
            return tooMany(request, api)
        } catch is NIOTooManyBytesError {
            api.desk.metrics.refusedSubmission()
            return StatusGuard.error(
                .contentTooLarge, "a submission has at most \(api.desk.limits.submissionBytes) bytes", request,
                [.connection: "close"])
        } catch {
            api.desk.metrics.refusedSubmission()
            throw error
        }
    }

    private static func submission(_ request: Request, _ limit: Int) async throws -> [UInt8] {
        if request.headers.announcesMore(than: limit) { throw NIOTooManyBytesError(maxBytes: limit) }
        do { return Array(buffer: try await request.body.collect(upTo: limit)) } catch {
            // Its client's doing, and nothing for the log.
            if error is NIOTooManyBytesError || error is CancellationError { throw error }
            throw StatusQuery.Invalid(message: "the body ended before its end")
        }
    }

    private static func tooMany(_ request: Request, _ api: GossipAPI, _ headers: HTTPFields = [:]) -> Response {
        api.desk.metrics.refusedSubmission()
        var refusal = StatusGuard.error(
            .tooManyRequests, "too many submissions, of this address or of all; try again in a minute", request,
            headers)
        refusal.headers[.retryAfter] = "60"
        return refusal
    }
}

extension GossipAPI {
    /// Behind a proxy, the address that the proxy saw: the last one, since those before it are the submitter's word.
    func submitter(_ headers: HTTPFields, _ address: String) -> String {
        guard isBehindProxy, let name = HTTPField.Name("X-Forwarded-For"),
            let last = headers[name]?.split(separator: ",").last
        else { return address }
        return String(last.drop { $0 == " " }.prefix(64))
    }
}

extension StatusGuard {
    /// Whether gossip's own rules hold: no token, any name, and submissions.
    static func isGossip(_ request: Request) -> Bool {
        guard request.uri.path.hasPrefix("/gossip/v1/") else { return false }
        return switch request.method {
        case .get, .head: (request.headers[.contentLength] ?? "0") == "0" && request.headers[.transferEncoding] == nil
        case .post, .options: request.uri.path == "/gossip/v1/heads"
        default: false
        }
    }
}
