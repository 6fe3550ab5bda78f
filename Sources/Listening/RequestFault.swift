import NIOCore
package import NIOHTTP1

/// Why a request cannot be answered as it stands. The connection ends with it: where a request that cannot be read ends, nobody
/// can say (RFC 9112, sections 2.2, 6.3 and 11.2).
package struct RequestFault: Error, Hashable {
    package let status: HTTPResponseStatus
    /// What is wrong, for the client.
    package let message: String

    package init(_ status: HTTPResponseStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// - Parameter isHead: whether the head of a request was read, or its body.
    init(_ error: HTTPParserError, isHead: Bool) {
        switch error {
        case .headerOverflow:
            self.init(.requestHeaderFieldsTooLarge, "the target or the header fields are larger than may be")
        // A line that ends in a bare line feed, too.
        case .invalidVersion:
            self.init(.badRequest, "the version: must be HTTP/1.1 or HTTP/1.0, and its line must end in CR LF")
        case .invalidContentLength, .unexpectedContentLength:
            self.init(.badRequest, "Content-Length: must be one number, and not beside Transfer-Encoding")
        case .invalidChunkSize: self.init(.badRequest, "the body: a chunk's size is not one")
        case _ where isHead: self.init(.badRequest, "not an HTTP request that can be read")
        default: self.init(.badRequest, "the body cannot be read")
        }
    }

    /// Of what a decoder said before any request was read.
    package init(ofHead error: any Error) {
        self = (error as? HTTPParserError).map { Self($0, isHead: true) } ?? Self.unreadable
    }

    private static let unreadable = Self(.badRequest, "not an HTTP request that can be read")
}

/// A refusal as a program writes it: its media type, and its body.
package typealias RefusalBody = @Sendable (RequestFault) -> (type: String, body: [UInt8])

extension RequestFault {
    /// The answer, but for its end, behind which the connection ends.
    package func answer(_ refusal: RefusalBody, _ headers: HTTPHeaders = [:]) -> [HTTPServerResponsePart] {
        let (type, bytes) = refusal(self)
        var headers = headers
        headers.add(name: "Content-Type", value: type)
        headers.add(name: "Content-Length", value: String(bytes.count))
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        headers.add(name: "Connection", value: "close")
        return [
            .head(.init(version: .http1_1, status: status, headers: headers)),
            .body(.byteBuffer(ByteBuffer(bytes: bytes))),
        ]
    }
}
