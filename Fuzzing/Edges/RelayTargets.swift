import FuzzRules
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOWebSocket
import Serving
import TransparencyLog

/// A connection in memory, to which an input comes at once or byte by byte: an attacker chooses where it is cut.
private struct Connection: ~Copyable {
    let channel = EmbeddedChannel()

    /// - Returns: all that was written back.
    func feed(_ bytes: [UInt8], atOnce: Bool) throws -> [UInt8] {
        let pieces = atOnce ? [bytes[...]] : bytes.indices.map { bytes[$0...$0] }
        for piece in pieces {
            // What a handler does not like, it answers; the error itself goes no further.
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            channel.embeddedEventLoop.run()
        }
        var output: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { output += Array(buffer: buffer) }
        return output
    }

    /// Closes, and lets everything that waits for that end.
    func finish() {
        _ = try? channel.finish(acceptAlreadyClosed: true)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
    }
}

extension FuzzTarget {
    /// Frames of a relay session: whatever they are and however they are cut, what is sent back are a server's frames.
    static let frames = FuzzTarget("frames") { bytes in
        var outputs: [[UInt8]] = []
        for atOnce in [true, false] {
            var settings = RelaySettings()
            settings.messagesPerSecond = 0
            settings.maximumPayloadBytes = 4_096
            let relay = Relay(settings)
            let connection = Connection()
            let pipeline = connection.channel.pipeline.syncOperations
            try pipeline.addHandler(WebSocketFrameEncoder())
            try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 4_096)))
            try RelayPipeline.addSession(JSONText("a"), of: relay, to: pipeline)
            try promise(relay.counts.sessions == 1, "the session is not open")
            outputs.append(try withoutTimes(connection.feed(bytes, atOnce: atOnce)))
            connection.finish()
            try promise(relay.counts.sessions == 0, "the session is still open")
        }
        // A close that comes in one read with messages goes before their answers, so the two need not be the same.
        for output in outputs { try checkFrames(output) }
    }

    /// Pongs tell the time: as much of an answer as does not depend on it.
    private static func withoutTimes(_ bytes: [UInt8]) -> [UInt8] {
        let mark = Array(#""timestamp":"#.utf8)
        var output: [UInt8] = []
        var place = 0
        while place < bytes.count {
            output.append(bytes[place])
            place += 1
            guard output.suffix(mark.count).elementsEqual(mark) else { continue }
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
        }
        return output
    }

    /// A server's frames: whole, without a mask, and none behind a close.
    private static func checkFrames(_ bytes: [UInt8]) throws {
        var rest = ByteBuffer(bytes: bytes)
        var isClosed = false
        while let first = rest.readInteger(as: UInt8.self), let second = rest.readInteger(as: UInt8.self) {
            try promise(!isClosed, "a frame behind a close")
            try promise([0x81, 0x88, 0x89, 0x8A].contains(first) && second & 0x80 == 0, "no frame of a server")
            var length = Int(second)
            if length == 126 { length = Int(rest.readInteger(as: UInt16.self) ?? 0) }
            if length == 127 { length = Int(rest.readInteger(as: UInt64.self) ?? 0) }
            // The digits of a time were taken out of a pong.
            if first == 0x81 { length = min(length, rest.readableBytes) }
            isClosed = first == 0x88
            if first == 0x81, let text = rest.getString(at: rest.readerIndex, length: length),
                let end = text.firstIndex(of: "}")
            {
                length = text[...end].utf8.count
            }
            try promise(rest.readSlice(length: length) != nil, "a frame that is cut")
        }
    }

    /// Requests before the upgrade: one answer at most, and the same one however the request is cut.
    static let upgrade = FuzzTarget("upgrade") { bytes in
        var outputs: [[UInt8]] = []
        for atOnce in [true, false] {
            let connection = Connection()
            let pipeline = connection.channel.pipeline.syncOperations
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)))
            try RelayPipeline.addGate(to: Relay(RelaySettings()), in: pipeline)
            outputs.append(try connection.feed(bytes, atOnce: atOnce))
            connection.finish()
        }
        try promise(outputs[0] == outputs[1], "another answer to the same bytes, cut otherwise")
        let text = String(decoding: outputs[0], as: UTF8.self)
        // The errors that a server gives itself the blame for are 501 and 503 here.
        try promise(text.isEmpty || text.prefixMatch(of: /HTTP\/1\.1 (4\d\d|50[13])\b/) != nil, "no refusal")
        try promise(text.matches(of: /HTTP\/1\.1 \d{3}\b/).count <= 1, "two answers")
    }
}
