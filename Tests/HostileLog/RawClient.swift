import NIOCore
import NIOPosix

/// A TCP client that sends what no honest client would.
public enum RawClient {
    /// Sends a beginning, and then so many pieces, one each tenth of a second, until the server has had enough.
    ///
    /// - Returns: what it said.
    public static func drip(port: Int, _ beginning: String, _ piece: String, _ count: Int) async throws -> String {
        let channel = try await connect(port)
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: beginning))
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    for _ in 0..<count {
                        try? await outbound.write(ByteBuffer(string: piece))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                    return nil
                }
                group.addTask {
                    var answer = ByteBuffer()
                    do {
                        for try await var part in inbound { answer.writeBuffer(&part) }
                    } catch is IOError {}
                    return String(buffer: answer)
                }
                defer { group.cancelAll() }
                let first = try await group.next() ?? nil
                return first ?? ""
            }
        }
    }

    private static func connect(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }
}
