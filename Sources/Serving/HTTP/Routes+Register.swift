import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TransparencyLog

extension Routes {
    /// POST /did/register, with `?proof=1` for a proof of inclusion in the answer.
    func register(_ request: Request, _ context: ServerContext) async -> Response {
        let client = ClientAddress.of(
            peer: context.peer, forwarded: request.headers[values: .forwardedFor], trusted: settings.trustedProxies)
        if let wait = registrations.take(client?.limited ?? []) {
            metrics.refused(.rateLimited)
            return Answer.retry(.tooManyRequests, after: wait, "too many registrations from this address")
        }
        let wantsProof = request.uri.queryParameters["proof"] ?? "0"
        guard wantsProof == "0" || wantsProof == "1" else {
            return malformed(.badRequest, "proof: must be 0 or 1")
        }
        let body: ByteBuffer
        do {
            body = try await RequestBody.collect(
                request, maximumBytes: settings.maximumBodyBytes, within: .seconds(settings.idleSeconds))
        } catch {
            metrics.refused(.malformed)
            return unread(error)
        }
        let registration: Registration
        do { registration = try Registration(JSONReader.parse(body.readableBytesView)) } catch let error as JSONError {
            return malformed(.badRequest, "body: is not JSON: \(error)")
        } catch {
            return malformed(.badRequest, "\(error)")
        }
        do {
            let receipt = try await log.register(registration)
            metrics.registered()
            var members = [
                JSONMember("message", .string("registered")), JSONMember("tree_size", .integer(receipt.treeSize)),
            ]
            if wantsProof == "1" { members += try await proof(receipt) }
            return Answer.json(.created, members)
        } catch {
            return refusal(error, context.logger)
        }
    }

    private func malformed(_ status: HTTPResponse.Status, _ detail: String) -> Response {
        metrics.refused(.malformed)
        return Answer.detail(status, detail)
    }

    /// Of what follows nothing can be read any more, so the connection ends.
    private func unread(_ error: any Error) -> Response {
        var answer =
            switch error as? RequestBody.Refusal {
            case .tooLarge:
                Answer.detail(.contentTooLarge, "body: must have at most \(settings.maximumBodyBytes) bytes")
            case .tooSlow: Answer.detail(.requestTimeout, "body: took longer than \(settings.idleSeconds) seconds")
            case nil: Answer.detail(.badRequest, "body: ended before its end")
            }
        answer.headers[.connection] = "close"
        return answer
    }

    /// Of the registration's own place: the same one may stand elsewhere too.
    private func proof(_ receipt: LogService.Receipt) async throws -> [JSONMember] {
        let inclusion = try await log.inclusion(at: receipt.index, treeSize: receipt.treeSize)
        return (inclusion.map(Self.members) ?? []) + [JSONMember("head", try JSONReader.parse(receipt.head))]
    }

    /// The path and the cause are for the operator's log, not for the client.
    private func refusal(_ error: any Error, _ logger: Logger) -> Response {
        switch error as? LogService.Refusal {
        case .busy:
            metrics.refused(.busy)
            return Answer.retry(.serviceUnavailable, after: 1, "too many registrations wait; send it again")
        case .closed:
            metrics.refused(.stopping)
            return Answer.retry(.serviceUnavailable, after: 5, "the server stops; send it again")
        case .notStored(let cause):
            metrics.refused(.notStored)
            logger.error("a registration could not be stored", metadata: ["error": "\(cause)"])
            return Answer.detail(.internalServerError, "the registration could not be stored")
        case .notPublished(let cause):
            metrics.refused(.notPublished)
            logger.error("a registration could not be published", metadata: ["error": "\(cause)"])
            return Answer.detail(
                .internalServerError, "the registration is not published yet; see /health before sending it again")
        case nil:
            logger.error("a registration failed", metadata: ["error": "\(error)"])
            return Answer.detail(.internalServerError, "the registration failed; see /health before sending it again")
        }
    }
}
