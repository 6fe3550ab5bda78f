import NIOCore
import NIOPosix
import Synchronization

/// A TCP server on a free loopback port whose bytes a test chooses: what no HTTP server would send.
public final class RawServer: Sendable {
    /// One connection, after its request was read.
    public struct Connection: Sendable {
        /// The head of the request, as it came.
        public let request: String
        private let channel: any Channel

        fileprivate init(_ request: String, _ channel: any Channel) {
            self.request = request
            self.channel = channel
        }

        /// Waits until the client takes it, and throws once it is gone.
        ///
        /// One write at a time: `NIOAsyncChannelOutboundWriter` hands on as many as its loop has not seen yet, and a loop that
        /// is handed more and more looks at no other connection.
        public func send(_ bytes: some Sequence<UInt8>) async throws {
            try Task.checkCancellation()
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        }

        public func send(_ text: String) async throws { try await send(text.utf8) }

        /// The path that was asked for, with its query.
        public var path: String { request.split(separator: " ", maxSplits: 2).dropFirst().first.map(String.init) ?? "" }

        /// The first byte of the range that was asked for.
        public var rangeStart: Int? {
            request.firstMatch(of: /(?i)\r\nrange: *bytes=(\d+)-/).flatMap { Int($0.1) }
        }
    }

    /// Attackers work hard, and the servers and clients of other tests need loops too.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    public typealias Script = @Sendable (Connection) async throws -> Void

    /// Serves while `body` runs; the base URL is its argument.
    public static func run(
        _ script: @escaping Script, _ body: @Sendable @escaping (String) async throws -> Void
    ) async throws {
        let connections = Mutex<[Task<Void, Never>]>([])
        let listener = try await ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let client = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    // Each has somebody who serves it, also one that comes while the test ends: over a connection that nobody
                    // took, NIO ends the process.
                    connections.withLock { $0.append(Task { await serve(client, script) }) }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var failure: (any Error)?
        do { try await body("http://127.0.0.1:\(listener.localAddress?.port ?? 0)") } catch { failure = error }
        try await listener.close()
        for connection in connections.withLock({ $0 }) {
            connection.cancel()
            await connection.value
        }
        if let failure { throw failure }
    }

    private static func serve(
        _ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ script: Script
    ) async {
        await withTaskCancellationHandler {
            // Whoever is attacked hangs up; that is no fault of the attacker.
            try? await client.executeThenClose { inbound, _ in
                var request = ""
                for try await part in inbound {
                    request += String(buffer: part)
                    if request.contains("\r\n\r\n") { break }
                }
                try await script(Connection(request, client.channel))
            }
        } onCancel: {
            // A write that nobody takes ends with its connection.
            client.channel.close(promise: nil)
        }
    }
}
