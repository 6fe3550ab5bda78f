import HTTPTypes
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization

/// Serves on a free loopback port while a body runs, and ends in order then.
///
/// The server is never cancelled: NIO would drop connections that were accepted and not taken over yet, with their writers open,
/// which is a mistake that ends the process ("Deinited NIOAsyncWriter without calling finish()"). It stops to accept first, and
/// answers that still wait are cut short.
enum LoopbackServer {
    /// - Parameter body: its argument is the base URL.
    static func run<Context: RequestContext, Value: Sendable>(
        _ methods: [HTTPRequest.Method], _ context: Context.Type,
        respond: @escaping @Sendable (Request, Context) async throws -> Response,
        while body: @Sendable (String) async throws -> Value
    ) async throws -> Value where Context.Source == ApplicationRequestContextSource {
        let waiting = WaitingAnswers()
        let router = Router(context: Context.self)
        for method in methods {
            for path in ["", "**"] as [RouterPath] {
                router.on(path, method: method) { request, context in
                    try await waiting.run { try await respond(request, context) }
                }
            }
        }
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "loopback")
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let server = ServiceGroup(configuration: .init(services: [application], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run()
            }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            let result: Result<Value, any Error>
            do { result = .success(try await body("http://127.0.0.1:\(port)")) } catch { result = .failure(error) }
            waiting.end()
            await server.triggerGracefulShutdown()
            try await group.waitForAll()
            return try result.get()
        }
    }
}

/// Answers under way: a script may let them wait for longer than a test takes.
private final class WaitingAnswers: Sendable {
    private struct State {
        var tasks: [Int: Task<Response, any Error>] = [:]
        var next = 0
        var isEnding = false
    }

    private let state = Mutex(State())

    func run(_ answer: @escaping @Sendable () async throws -> Response) async throws -> Response {
        let task = Task { try await answer() }
        let (id, isEnding) = state.withLock { state in
            state.next += 1
            state.tasks[state.next] = task
            return (state.next, state.isEnding)
        }
        if isEnding { task.cancel() }
        defer { state.withLock { $0.tasks[id] = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    func end() {
        let tasks = state.withLock { state in
            state.isEnding = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }
}
