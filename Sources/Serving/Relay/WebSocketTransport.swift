import NIOCore
import Synchronization

/// The relay's way to one WebSocket, from any thread. What waits for a slow reader is counted before it is handed over,
/// so that no flood can pile up between two threads.
final class WebSocketTransport: Transport {
    private let channel: any Channel
    private let handler: NIOLoopBound<RelayHandler>
    private let context: NIOLoopBound<ChannelHandlerContext>
    private let maximum: Int
    private let queued = Atomic(0)

    init(
        channel: any Channel, handler: NIOLoopBound<RelayHandler>, context: NIOLoopBound<ChannelHandlerContext>,
        maximum: Int
    ) {
        self.channel = channel
        self.handler = handler
        self.context = context
        // The largest message has room, whatever else one costs.
        self.maximum = maximum + Self.overhead
    }

    /// What a message takes besides its bytes, while it waits.
    private static let overhead = 256

    func send(_ message: ByteBuffer) -> Bool {
        let size = message.readableBytes + Self.overhead
        guard queued.add(size, ordering: .relaxed).newValue <= maximum else {
            queued.subtract(size, ordering: .relaxed)
            return false
        }
        channel.eventLoop.execute {
            self.handler.value.write(self.context.value, message).whenComplete { _ in
                self.queued.subtract(size, ordering: .relaxed)
            }
        }
        return true
    }

    func close(_ reason: CloseReason) {
        channel.eventLoop.execute { self.handler.value.close(self.context.value, reason) }
    }
}
