import HTTPTypes
public import Hummingbird
import Logging
import NIOCore
import TransparencyLog

/// The HTTP interface of a deployment (PROTOCOL, "HTTP interface").
public enum Routes {
    /// A registration is an id, a key and a number; a larger body is refused.
    public static let maximumBodyBytes = 16 << 10
    /// A page of the chain has at most so many heads.
    public static let maximumLimit = 100_000

    public static func router(_ log: LogService) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("health") { _, _ in
            json(
                .ok,
                JSONValue.object([
                    JSONMember("status", .string("healthy")),
                    JSONMember("timestamp", .integer(log.now())),
                    JSONMember("users_count", .integer(await log.usersCount)),
                    JSONMember("sth_count", .integer(await log.headsCount)),
                ]).bytes())
        }
        router.post("did/register") { request, context in await register(request, context, log) }
        router.get("sth/latest") { _, _ in
            if let head = await log.latestHead { json(.ok, head) } else { detail(.notFound, "No STH found") }
        }
        router.get("sth/chain") { request, _ in
            let text = request.uri.queryParameters["limit"].map(String.init) ?? "10"
            guard let limit = Int(text), limit >= 1 else {
                return detail(.badRequest, "limit: must be an integer above 0")
            }
            let count = await log.headsCount
            let pages = ChainPages(storage: log.storage, heads: max(count - min(limit, maximumLimit), 0)..<count)
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: .init(asyncSequence: pages))
        }
        router.get(".well-known/nexo-transparency.json") { _, _ in
            json(.ok, log.trustFile.json.bytes())
        }
        router.get("metrics") { _, _ in
            let text = """
                # HELP process_up Whether the process is running.
                # TYPE process_up gauge
                process_up 1
                # HELP users_count Registrations in the log.
                # TYPE users_count gauge
                users_count \(await log.usersCount)
                # HELP sth_count Signed tree heads in the chain.
                # TYPE sth_count gauge
                sth_count \(await log.headsCount)
                # HELP ws_sessions Open relay sessions.
                # TYPE ws_sessions gauge
                ws_sessions 0
                # HELP last_sth_timestamp Seconds since 1970 of the newest head.
                # TYPE last_sth_timestamp gauge
                last_sth_timestamp \(await log.lastHeadTimestamp)

                """
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        return router
    }

    private static func register(
        _ request: Request, _ context: BasicRequestContext, _ log: LogService
    ) async -> Response {
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: maximumBodyBytes) } catch {
            return detail(.contentTooLarge, "body: must have at most \(maximumBodyBytes) bytes")
        }
        let registration: Registration
        do { registration = try Registration(JSONReader.parse(body.readableBytesView)) } catch let error as JSONError {
            return detail(.badRequest, "body: is not JSON: \(error)")
        } catch {
            return detail(.badRequest, "\(error)")
        }
        let size: UInt64
        do { size = try await log.register(registration).treeSize } catch {
            // The path and the cause are for the operator's log, not for the client.
            context.logger.error("a registration could not be stored", metadata: ["error": "\(error)"])
            return detail(
                .internalServerError, "the registration is not published yet; see /health before sending it again")
        }
        return json(
            .created,
            JSONValue.object([
                JSONMember("message", .string("registered")), JSONMember("tree_size", .integer(size)),
            ]).bytes())
    }

    private static func json(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func detail(_ status: HTTPResponse.Status, _ text: String) -> Response {
        json(status, JSONValue.object([JSONMember("detail", .string(text))]).bytes())
    }
}
