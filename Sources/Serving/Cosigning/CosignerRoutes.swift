import HTTPTypes
public import Hummingbird
public import HummingbirdCore
import Listening
public import Logging
import NIOCore
import Telemetry
import TransparencyLog

/// The HTTP interface of a cosigner: `POST /cosign` with `{"heads":[…],"signed":…,"proofs":[[…],…]}`, answered with
/// `{"signatures":[…]}`, or with 409: `tree_size` is the size to start from, if the question started from another.
public struct CosignerRoutes: Sendable {
    /// As many heads as a server writes together, with room.
    private static let maximumBodyBytes = 4 << 20
    private static let patience = Duration.seconds(60)

    private let memory: CosignerMemory
    private let token: [UInt8]
    private let logger: Logger

    /// - Parameter token: who knows it may ask: a head of a stranger, once signed, would bar the log's own.
    public init(_ memory: CosignerMemory, token: String, logger: Logger) throws(ConfigurationError) {
        guard token.utf8.count >= 16 else { throw ConfigurationError("COSIGN_TOKEN: must have at least 16 bytes") }
        self.memory = memory
        self.token = Array(token.utf8)
        self.logger = logger
    }

    public func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.add(middleware: EdgeMiddleware(logger: logger))
        router.add(middleware: RequestTracing())
        router.get("health") { _, _ in
            Answer.json(
                .ok,
                [
                    JSONMember("status", .string("healthy")),
                    JSONMember("public_key", .string(Base64.encode(memory.publicKey))),
                ])
        }
        router.post("cosign") { request, _ in try await cosign(request) }
        return router
    }

    /// Connections as the server's own are, but for the relay.
    public static var connections: HTTPServerBuilder { GuardedHTTP.server(ConnectionBounds(), refusal: Answer.refusal) }

    private func cosign(_ request: Request) async throws -> Response {
        guard isAllowed(request.headers[.authorization]) else {
            return Answer.detail(.unauthorized, "Authorization: must be Bearer and the cosigner's token")
        }
        let body: ByteBuffer
        do {
            body = try await RequestBody.collect(request, maximumBytes: Self.maximumBodyBytes, within: Self.patience)
        } catch RequestBody.Refusal.tooLarge {
            return Answer.detail(.contentTooLarge, "body: must have at most \(Self.maximumBodyBytes) bytes")
        } catch RequestBody.Refusal.tooSlow {
            return Answer.detail(.requestTimeout, "body: took longer than \(Self.patience)")
        }
        let question: CosignQuestion
        do { question = try CosignQuestion(JSONReader.parse(body.readableBytesView)) } catch {
            return Answer.detail(.badRequest, "\(error)")
        }
        do {
            let signatures = try await memory.sign(question)
            return Answer.json(
                .ok, [JSONMember("signatures", .array(signatures.map { .string(Base64.encode($0)) }))])
        } catch let stale as CosignerMemory.Stale {
            if question.signed > stale.signed {
                logger.critical(
                    "the log's server knows of signatures that this memory does not: was the state begun anew?",
                    metadata: ["known": "\(question.signed)", "remembered": "\(stale.signed)"])
            }
            return Answer.json(
                .conflict,
                [
                    JSONMember("detail", .string("signed: size \(stale.signed) was signed last; prove from there")),
                    JSONMember("tree_size", .integer(stale.signed)),
                ])
        } catch let refusal as CosignerMemory.Refusal {
            logger.critical("a head was not signed", metadata: ["reason": "\(refusal)"])
            return Answer.detail(.conflict, refusal.description)
        }
    }

    /// In a time that does not tell how much of a guess is right.
    private func isAllowed(_ header: String?) -> Bool {
        guard let given = header?.utf8, given.starts(with: "Bearer ".utf8) else { return false }
        let guess = Digest.sha256(Array(given.dropFirst(7)))
        return zip(guess.bytes, Digest.sha256(token).bytes).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
    }
}
