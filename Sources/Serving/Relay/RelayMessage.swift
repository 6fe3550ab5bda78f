import NIOCore
import TransparencyLog

/// What a client may say (PROTOCOL, "HTTP interface").
enum RelayMessage: Hashable {
    /// `{"type":"ping"}`, answered with a pong of the server's time.
    case ping
    /// `{"from","to","payload"}`. The payload is for the receiver alone, and is not looked into.
    case envelope(from: JSONText, to: JSONText)

    /// - Returns: nil for what is neither.
    init?(_ message: ByteBuffer, maximumBytes: Int) {
        guard let value = try? JSONReader.parse(message.readableBytesView, maximumBytes: maximumBytes) else {
            return nil
        }
        if let type = value["type"]?.text, type == "ping" {
            self = .ping
            return
        }
        guard let from = value["from"]?.text, let to = value["to"]?.text, value["payload"]?.text != nil else {
            return nil
        }
        self = .envelope(from: from, to: to)
    }

    static func pong(milliseconds: UInt64) -> ByteBuffer {
        ByteBuffer(string: #"{"type":"pong","timestamp":\#(milliseconds)}"#)
    }
}
