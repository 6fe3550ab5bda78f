import NIOCore
import NIOEmbedded
import Testing

@testable import Listening

struct LingeringCloseTests {
    /// Half of a connection can be closed, which an embedded channel alone cannot do.
    private final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var halves = 0
        var reads = 0

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .output else { return context.close(mode: mode, promise: promise) }
            halves += 1
            promise?.succeed()
        }

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }
    }

    private let channel = EmbeddedChannel()
    private let socket = Socket()

    init() throws {
        var bounds = ConnectionBounds()
        bounds.linger = .seconds(2)
        bounds.lingerBytes = 10
        try channel.pipeline.syncOperations.addHandlers([socket, LingeringClose(bounds)])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func begin() throws { try channel.triggerUserOutboundEvent(LingeringClose.Begin()).wait() }

    @Test func untilThenNothingIsDone() throws {
        try channel.writeInbound(ByteBuffer(string: "a"))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "a"))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive && socket.halves == 0)
    }

    @Test func aTime() throws {
        try begin()
        try begin()
        #expect(socket.halves == 1)
        try channel.writeInbound(ByteBuffer(string: "a"))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1_999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func aNumberOfBytes() throws {
        try begin()
        try channel.writeInbound(ByteBuffer(string: "0123456789"))
        #expect(channel.isActive)
        try channel.writeInbound(ByteBuffer(string: "0"))
        #expect(!channel.isActive)
    }

    /// It is read on, though nobody behind it may want more.
    @Test func itIsReadOn() throws {
        let before = socket.reads
        try begin()
        #expect(socket.reads == before + 1)
        channel.pipeline.fireChannelReadComplete()
        #expect(socket.reads == before + 2)
    }

    @Test(arguments: [true, false])
    func theOtherSideEnds(byError: Bool) throws {
        try begin()
        if byError {
            channel.pipeline.fireErrorCaught(ChannelError.inputClosed)
        } else {
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        #expect(!channel.isActive)
    }

    /// Whoever stands behind it may close its half once more.
    @Test func theHalfIsClosedOnce() throws {
        try begin()
        try channel.close(mode: .output).wait()
        #expect(socket.halves == 1 && channel.isActive)
        try channel.close().wait()
        #expect(!channel.isActive)
    }
}
