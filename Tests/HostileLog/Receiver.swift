public import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// An HTTP server on a free loopback port that keeps what it is sent, and answers as a test says.
public final class Receiver: Sendable {
    public struct Message: Sendable {
        public var path: String
        public var body: [UInt8]
        public var headers: HTTPFields

        public subscript(header: String) -> String? { HTTPField.Name(header).flatMap { headers[$0] } }
    }

    public typealias Answer = @Sendable (Message) async -> Int

    private let messages = Mutex<[Message]>([])
    /// In a box, as in `ScriptedServer`.
    private struct Box { let answer: Answer }

    private let script = Mutex(Box { _ in 200 })

    private init() {}

    /// What came so far, whatever it was answered.
    public var received: [Message] { messages.withLock { $0 } }

    /// - Parameter script: gives the status of an answer.
    public func answer(_ script: @escaping Answer) { self.script.withLock { $0 = Box(answer: script) } }

    /// Serves while `body` runs; the base URL is its argument.
    public static func run<Result: Sendable>(
        _ body: @Sendable @escaping (Receiver, String) async throws -> Result
    ) async throws -> Result {
        let receiver = Receiver()
        return try await LoopbackServer.run([.get, .post], BasicRequestContext.self) { request, _ in
            try await receiver.respond(request)
        } while: { url in
            try await body(receiver, url)
        }
    }

    private func respond(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 16 << 20)
        let message = Message(path: request.uri.path, body: Array(body.readableBytesView), headers: request.headers)
        messages.withLock { $0.append(message) }
        let status = await script.withLock { $0 }.answer(message)
        return Response(status: .init(code: status), body: .init(byteBuffer: ByteBuffer(string: "status \(status)\n")))
    }
}
