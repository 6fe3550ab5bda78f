public import NIOCore
import Synchronization
public import TransparencyLog

/// The relay: hands messages to the session that they are for, and knows nothing of what is in them.
public final class Relay: Sendable {
    /// For the metrics.
    public struct Counts: Hashable, Sendable {
        public var sessions = 0
        public var delivered: UInt64 = 0
        public var undeliverable: UInt64 = 0
        public var slowReaders: UInt64 = 0
    }

    private struct State {
        /// By the bytes of their ids: as `String`s, two that differ in normalisation alone would be one session.
        var sessions: [JSONText: any Transport] = [:]
        var counts = Counts()
    }

    public let settings: RelaySettings
    private let state = Mutex(State())

    public init(_ settings: RelaySettings) { self.settings = settings }

    public var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.sessions = state.sessions.count
            return counts
        }
    }

    public var isFull: Bool { state.withLock { $0.sessions.count >= settings.maximumSessions } }

    /// Opens a session. An older one with the same id ends: it may be the same client, whose connection broke unseen.
    public func open(_ id: JSONText, _ transport: any Transport) {
        let older = state.withLock { $0.sessions.updateValue(transport, forKey: id) }
        older?.close(.replaced)
    }

    /// Forgets a session, unless a newer one has its id by now.
    public func close(_ id: JSONText, _ transport: any Transport) {
        state.withLock { state in
            if state.sessions[id] === transport { state.sessions[id] = nil }
        }
    }

    /// Hands a message over; one for nobody is counted and dropped.
    ///
    /// - Returns: whether somebody took it.
    @discardableResult
    public func deliver(_ message: ByteBuffer, to id: JSONText) -> Bool {
        let receiver = state.withLock { $0.sessions[id] }
        let isTaken = receiver.map { send(message, to: id, $0) } ?? false
        state.withLock { state in
            if isTaken { state.counts.delivered += 1 } else { state.counts.undeliverable += 1 }
        }
        return isTaken
    }

    /// Gives a session a message, or ends it, since more waits for it than may wait: once, however much still comes.
    @discardableResult
    func send(_ message: ByteBuffer, to id: JSONText, _ transport: any Transport) -> Bool {
        if transport.send(message) { return true }
        let wasOpen = state.withLock { state in
            guard state.sessions[id] === transport else { return false }
            state.sessions[id] = nil
            state.counts.slowReaders += 1
            return true
        }
        if wasOpen { transport.close(.slowReader) }
        return false
    }
}
