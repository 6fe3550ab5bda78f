/// The bounds of the relay.
public struct RelaySettings: Sendable {
    /// Of one message, whether in one frame or many.
    public var maximumPayloadBytes = 131_072
    public var maximumSessions = 12_000
    /// What may wait for one slow reader; more, and its session is closed.
    public var maximumQueuedBytes = 1 << 20
    /// Messages a second that one session may send, with ten seconds of them saved up.
    public var messagesPerSecond = 200.0
    /// The server pings a session that is silent for so long, and closes one that is silent for twice as long.
    public var heartbeatSeconds = 30

    public init() {}

    init(_ reader: SettingReader) throws(ConfigurationError) {
        maximumPayloadBytes = try reader.integer("MAX_WS_PAYLOAD_BYTES", maximumPayloadBytes, 256...(16 << 20))
        maximumSessions = try reader.integer("MAX_WS_SESSIONS", maximumSessions, 1...1_000_000)
        maximumQueuedBytes = try reader.integer("MAX_WS_QUEUE_BYTES", maximumQueuedBytes, 1_024...(256 << 20))
        messagesPerSecond = try reader.rate("WS_MESSAGES_PER_SECOND", messagesPerSecond)
        heartbeatSeconds = try reader.integer("WS_HEARTBEAT_SECONDS", heartbeatSeconds, 1...3_600)
        guard maximumQueuedBytes >= maximumPayloadBytes else {
            throw ConfigurationError("MAX_WS_QUEUE_BYTES: must be at least MAX_WS_PAYLOAD_BYTES")
        }
    }
}
