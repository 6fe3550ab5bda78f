public import NIOCore
import Synchronization

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
        var sessions: [String: any Transport] = [:]
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
    public func open(_ id: String, _ transport: any Transport) {
        let older = state.withLock { $0.sessions.updateValue(transport, forKey: id) }
        older?.close(.replaced)
    }

    /// Forgets a session, unless a newer one has its id by now.
    public func close(_ id: String, _ transport: any Transport) {
        state.withLock { state in
            if state.sessions[id] === transport { state.sessions[id] = nil }
        }
    }

    /// Hands a message over; one for nobody is counted and dropped.
    public func deliver(_ message: ByteBuffer, to id: String) {
        let receiver = state.withLock { $0.sessions[id] }
        // Outside of the lock: a transport may close its session.
        let isTaken = receiver?.send(message)
        state.withLock { state in
            switch isTaken {
            case nil: state.counts.undeliverable += 1
            case true?: state.counts.delivered += 1
            case false?: state.counts.slowReaders += 1
            }
        }
    }
}
