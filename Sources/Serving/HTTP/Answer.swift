import HTTPTypes
import Hummingbird
import Listening
import NIOCore
import TransparencyLog

/// The forms that answers have.
enum Answer {
    static func json(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func json(_ status: HTTPResponse.Status, _ members: [JSONMember]) -> Response {
        json(status, JSONValue.object(members).bytes())
    }

    /// What is wrong.
    static func detail(_ status: HTTPResponse.Status, _ text: String) -> Response {
        json(status, [JSONMember("detail", .string(text))])
    }

    /// The same of a request that could not be read, so that no route has it.
    static let refusal: RefusalBody = { fault in
        ("application/json", JSONValue.object([JSONMember("detail", .string(fault.message))]).bytes())
    }

    static func retry(_ status: HTTPResponse.Status, after seconds: Double, _ text: String) -> Response {
        var response = detail(status, text)
        response.headers[.retryAfter] = String(Int(seconds.rounded(.up)))
        return response
    }

    /// Bytes that may be asked for again: with a tag of their content, and without a body for who has them already.
    static func tagged(
        _ request: Request, _ bytes: [UInt8], type: String, cache: String
    ) -> Response {
        let tag = "\"\(Digest.sha256(bytes).hex.prefix(32))\""
        let headers: HTTPFields = [.contentType: type, .cacheControl: cache, .eTag: tag]
        let known = (request.headers[.ifNoneMatch] ?? "").split(separator: ",").map { entry in
            let entry = entry.filter { $0 != " " }
            return entry.hasPrefix("W/") ? String(entry.dropFirst(2)) : entry
        }
        if known.contains(tag) || known == ["*"] { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
