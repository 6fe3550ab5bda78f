import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP server on a free loopback port whose bytes a test chooses: what no HTTP server would send.
public final class RawServer: Sendable {
    /// One connection, after its request was read.
    public struct Connection: Sendable {
        /// The head of the request, as it came.
        public let request: String
        /// Of this server.
        public let port: Int
        private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private let channel: any Channel

        fileprivate init(
            _ request: String, _ port: Int, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
            _ channel: any Channel
        ) {
            self.request = request
            self.port = port
            self.outbound = outbound
            self.channel = channel
        }

        /// Waits until the client takes it, and throws once it is gone.
        public func send(_ bytes: some Sequence<UInt8>) async throws {
            try await outbound.write(ByteBuffer(bytes: bytes))
        }

        public func send(_ text: String) async throws { try await send(text.utf8) }

        /// Sends the same until the client has had enough.
        public func sendForever(_ text: String, atOnce count: Int = 1_024) async throws {
            let block = Array(String(repeating: text, count: count).utf8)
            while !Task.isCancelled { try await send(block) }
        }

        /// Says nothing more until the client goes.
        public func stall() async throws { try await channel.closeFuture.get() }

        /// Ends the connection with a reset, not with an end.
        public func reset() async throws {
            guard let socket = channel as? any SocketOptionProvider else { return }
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
    }

    public typealias Script = @Sendable (Connection) async throws -> Void

    /// Serves while `body` runs; the base URL is its argument.
    public static func run(
        _ script: @escaping Script, _ body: @Sendable @escaping (String) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let port = listener.channel.localAddress?.port ?? 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Ends with the group, which is how a test ends it.
                try? await listener.executeThenClose { clients in
                    await withDiscardingTaskGroup { connections in
                        do {
                            for try await client in clients {
                                connections.addTask { await serve(client, port, script) }
                            }
                        } catch {}
                        connections.cancelAll()
                    }
                }
            }
            try await body("http://127.0.0.1:\(port)")
            group.cancelAll()
        }
    }

    private static func serve(
        _ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ port: Int, _ script: Script
    ) async {
        // Whoever is attacked hangs up; that is no fault of the attacker.
        try? await client.executeThenClose { inbound, outbound in
            var request = ""
            for try await part in inbound {
                request += String(buffer: part)
                if request.contains("\r\n\r\n") { break }
            }
            try await script(Connection(request, port, outbound, client.channel))
        }
    }
}
