import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// An HTTP server on a free loopback port that answers as a test's script says: honest, split, slow, silent, broken.
public final class ScriptedServer: Sendable {
    public struct Answer: Sendable {
        public var status: Int
        public var body: [UInt8]
        /// Waited before the answer, or until the client gives up.
        public var delay: Duration?
        public var headers: [String: String]

        public init(
            status: Int = 200, body: [UInt8], delay: Duration? = nil, headers: [String: String] = [:]
        ) {
            self.status = status
            self.body = body
            self.delay = delay
            self.headers = headers
        }

        public init(_ text: String, status: Int = 200) { self.init(status: status, body: Array(text.utf8)) }
    }

    public struct Question: Sendable {
        public var path: String
        public var limit: Int?
        public var range: String?
        /// The client's address: a log can show each another view.
        public var client: String?
        /// By their names in lower case.
        public var headers: [String: String] = [:]
    }

    public typealias Script = @Sendable (Question) -> Answer

    /// In a box: a bare closure in a mutex is wrapped once more each time it is read, until the stack overflows.
    private struct Box { let script: Script }

    private let script = Mutex(Box { _ in Answer("no script", status: 404) })
    private let requests = Mutex<[Question]>([])

    private init() {}

    /// What was asked so far.
    public var asked: [Question] { requests.withLock { $0 } }

    public func answer(_ script: @escaping Script) { self.script.withLock { $0 = Box(script: script) } }

    /// Serves while `body` runs; the base URL is its argument.
    public static func run(
        _ body: @Sendable @escaping (ScriptedServer, String) async throws -> Void
    ) async throws {
        let server = ScriptedServer()
        try await LoopbackServer.run([.get], ClientContext.self) { request, context in
            try await server.respond(request, context.client)
        } while: { url in
            try await body(server, url)
        }
    }

    private func respond(_ request: Request, _ client: String?) async throws -> Response {
        let question = Question(
            path: request.uri.path, limit: request.uri.queryParameters["limit"].flatMap { Int($0) },
            range: request.headers[.range], client: client,
            headers: request.headers.reduce(into: [:]) { $0[$1.name.canonicalName] = $1.value })
        requests.withLock { $0.append(question) }
        let answer = script.withLock { $0 }.script(question)
        if let delay = answer.delay { try await Task.sleep(for: delay) }
        var (status, body) = (answer.status, answer.body[...])
        if status == 200, let range = question.range.flatMap(Self.range) {
            guard range.lowerBound < body.count else { return Response(status: .rangeNotSatisfiable) }
            (status, body) = (206, body[range.clamped(to: 0..<body.count)])
        }
        var headers: HTTPFields = [.contentType: "application/json"]
        if status == 206, let range = question.range.flatMap(Self.range) {
            headers[.contentRange] =
                "bytes \(range.lowerBound)-\(range.lowerBound + body.count - 1)/\(answer.body.count)"
        }
        for (name, value) in answer.headers { if let name = HTTPField.Name(name) { headers[name] = value } }
        return Response(
            status: .init(code: status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// The bytes of `bytes=N-` or `bytes=N-M`.
    private static func range(_ header: String) -> Range<Int>? {
        guard header.hasPrefix("bytes=") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int(ends[0]) else { return nil }
        return first..<max(first, Int(ends[1]).map { $0 + 1 } ?? .max)
    }
}

/// Knows who asks.
private struct ClientContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let client: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        client = source.channel.remoteAddress?.ipAddress
    }
}
