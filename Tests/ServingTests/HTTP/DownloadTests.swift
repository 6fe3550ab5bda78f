import Dispatch
import HostileLog
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Serving

struct DownloadTests {
    /// Remembers, of each part of a body, whether its loop was free when it came.
    private struct Recorder: ResponseBodyWriter {
        final class Parts: Sendable {
            let cameWhileFree = Mutex<[Bool]>([])
            let isFree = Mutex(false)
        }

        let parts = Parts()

        mutating func write(_ buffer: ByteBuffer) async throws {
            let isFree = parts.isFree.withLock { $0 }
            parts.cameWhileFree.withLock { $0.append(isFree) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    /// A loop that has no time is not handed the whole file: one part waits for it, and no more lie in memory.
    @Test func aBusyLoopIsHandedOnePart() async throws {
        let server = try TestServer()
        try await server.fill(4_000, named: String(repeating: "x", count: 100))
        let log = try await server.service()
        var settings = ServerSettings()
        settings.publishesUsers = true
        let routes = Routes(log, settings: settings, relay: Relay(settings.relay), logger: TestServer.silent)
        let responder = routes.router().buildResponder()
        let channel = NIOAsyncTestingChannel()
        let context = ServerContext(
            source: ApplicationRequestContextSource(channel: channel, logger: TestServer.silent))
        let request = Request(
            head: .init(method: .get, scheme: "http", authority: "localhost", path: "/log/users.jsonl"),
            body: .init(buffer: ByteBuffer()))
        let response = try await responder.respond(to: request, context: context)
        let recorder = Recorder()
        let parts = recorder.parts
        let gate = DispatchSemaphore(value: 0)
        channel.testingEventLoop.execute { gate.wait() }
        async let written: Void = response.body.write(recorder)
        #expect(await eventually { parts.cameWhileFree.withLock { !$0.isEmpty } })
        for _ in 0..<1_000 { await Task.yield() }
        parts.isFree.withLock { $0 = true }
        gate.signal()
        try await written
        let came = parts.cameWhileFree.withLock { $0 }
        #expect(came.count >= 3 && came.first == false && came.dropFirst().allSatisfy { $0 })
        await log.close()
    }
}
