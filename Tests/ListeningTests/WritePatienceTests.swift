import NIOCore
import NIOEmbedded
import Testing

@testable import Listening

struct WritePatienceTests {
    private let channel = EmbeddedChannel()

    init() throws {
        try channel.pipeline.syncOperations.addHandler(WritePatience(.seconds(60)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func advance(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    @Test func aClientThatTakesNothing() {
        // Not flushed, as if the socket took no more.
        channel.write(ByteBuffer(string: "a"), promise: nil)
        advance(59)
        #expect(channel.isActive)
        channel.write(ByteBuffer(string: "b"), promise: nil)
        advance(1)
        #expect(!channel.isActive)
    }

    @Test func aSlowClient() {
        for _ in 0..<5 {
            channel.write(ByteBuffer(string: "a"), promise: nil)
            advance(50)
            channel.flush()
        }
        #expect(channel.isActive)
        advance(3_600)
        #expect(channel.isActive)
        // Later the patience begins anew.
        channel.write(ByteBuffer(string: "a"), promise: nil)
        advance(59)
        #expect(channel.isActive)
        advance(1)
        #expect(!channel.isActive)
    }
}
