import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Listening

/// The guard between NIO's decoder and a program that answers when the test says so.
struct RequestGuardTests {
    private let channel: EmbeddedChannel
    private let program = Program()

    /// What arrives at the program.
    private final class Program: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        var heads: [String] = []
        var ends = 0
        var errors = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch Self.unwrapInboundIn(data) {
            case .head(let head): heads.append(head.uri)
            case .body: break
            case .end: ends += 1
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors += 1 }
    }

    /// The event by which the guard ends a connection.
    private final class Ending: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var count = 0

        func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
            if event is LingeringClose.Begin { count += 1 }
            promise?.succeed()
        }
    }

    private let ending = Ending()

    init() throws {
        channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ending)
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        try pipeline.addHandler(RequestGuard { ("text/plain", Array($0.message.utf8)) })
        try pipeline.addHandler(program)
    }

    private func receive(_ text: String) { _ = try? channel.writeInbound(ByteBuffer(string: text)) }

    private func answer(_ status: HTTPResponseStatus = .ok, _ headers: HTTPHeaders = ["Content-Length": "0"]) throws {
        try channel.writeOutbound(
            HTTPServerResponsePart.head(.init(version: .http1_1, status: status, headers: headers)))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    private func output() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: part) }
        return text
    }

    private func sent() throws -> [Int] { codes(try output()) }

    private func codes(_ text: String) -> [Int] { text.matches(of: /HTTP\/1\.1 (\d+)/).compactMap { Int($0.1) } }

    private static let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func oneBehindTheOther() throws {
        receive(Self.get + Self.get)
        try answer()
        try answer()
        #expect(try sent() == [200, 200] && ending.count == 0 && program.ends == 2)
    }

    /// What is faulty waits for the answers of those before it.
    @Test func aFaultBehindRequests() throws {
        receive(Self.get + Self.get + "GARBAGE\r\n\r\n" + Self.get)
        #expect(try sent() == [])
        try answer()
        try answer(.notFound)
        let text = try output()
        #expect(codes(text) == [200, 404, 400] && text.hasSuffix("not an HTTP request that can be read"))
        #expect(ending.count == 1 && program.heads == ["/a", "/a"])
        // The program knows of no end yet, and answers on.
        try answer()
        #expect(try sent() == [])
    }

    @Test func aRuleThatIsBroken() throws {
        receive("GET /a HTTP/1.1\r\n\r\n" + Self.get)
        #expect(try sent() == [400] && program.heads.isEmpty && ending.count == 1)
    }

    /// The answer was not begun: the program's is not sent.
    @Test func aBodyThatIsNone() throws {
        receive("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n")
        #expect(program.errors == 1)
        let text = try output()
        #expect(codes(text) == [400] && text.contains("chunk") && ending.count == 1)
        try answer(.created)
        #expect(try sent() == [])
    }

    /// The answer was given: there is no other one.
    @Test func anAnswerBeforeTheBody() throws {
        receive("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try answer(.payloadTooLarge)
        let text = try output()
        #expect(codes(text) == [413] && text.contains("Connection: close") && ending.count == 1)
        receive("+5\r\n" + Self.get)
        #expect(try sent() == [] && program.heads == ["/a"])
    }

    /// The answer is under way: it is the one, and the last.
    @Test func aFaultDuringAnAnswer() throws {
        receive("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok)))
        receive("x\r\n")
        try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "all"))))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        let text = try output()
        #expect(codes(text) == [200] && text.hasSuffix("3\r\nall\r\n0\r\n\r\n") && ending.count == 1)
    }

    @Test(arguments: [
        "GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
        "DELETE /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n",
    ])
    func whatEndsAConnection(request: String) throws {
        receive(request + Self.get)
        try answer()
        try answer()
        let text = try output()
        #expect(codes(text) == [200] && text.contains("Connection: close") && ending.count == 1)
    }

    @Test func theProgramEndsIt() throws {
        receive(Self.get + Self.get)
        try answer(.ok, ["Connection": "Close", "Content-Length": "0"])
        try answer()
        #expect(try sent() == [200] && ending.count == 1)
    }

    @Test(arguments: [
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
        "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    ])
    func whatDoesNot(request: String) throws {
        receive(request + Self.get)
        try answer()
        try answer()
        #expect(try sent() == [200, 200] && ending.count == 0)
    }

    @Test func provisionalAnswers() throws {
        receive(Self.get)
        try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .processing)))
        try answer()
        #expect(try sent() == [102, 200] && ending.count == 0)
    }

    @Test func anAnswerToNothing() throws {
        try answer()
        #expect(try sent() == [])
    }
}
