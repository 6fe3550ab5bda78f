public import NIOCore

/// One open session's way to its client: a port, so that WebTransport or server-sent events can carry the relay too.
public protocol Transport: AnyObject, Sendable {
    /// Takes a message for the client, and does not wait.
    ///
    /// - Returns: false if the client reads too slowly: it did not take the message, and the session should end.
    func send(_ message: ByteBuffer) -> Bool
    func close(_ reason: CloseReason)
}

/// Why a session ends, with the code that its client is told (RFC 6455, section 7.4; docs/SERVER.md).
public enum CloseReason: UInt16, Sendable, CaseIterable {
    case normal = 1000
    /// The server stops.
    case goingAway = 1001
    case protocolError = 1002
    /// Binary frames: the relay's messages are text.
    case binary = 1003
    /// Not JSON, or no envelope.
    case malformed = 1007
    /// `from` is not the session's own id.
    case foreignSender = 1008
    case tooLarge = 1009
    /// The client read too slowly, and too much waited for it. It may come again.
    case slowReader = 1013
    /// Another connection was opened with the same id.
    case replaced = 4001
    /// Nothing came for two heartbeats.
    case idle = 4008
}
