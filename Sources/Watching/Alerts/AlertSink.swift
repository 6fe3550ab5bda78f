public import Telemetry

/// Who is told of alerts: the port, with an adapter for each way to reach people.
public protocol AlertSink: Sendable {
    /// As in the configuration; labels metrics.
    var name: String { get }
    /// How often an alert that goes on is told again; nil: only what changes is told.
    var remindEvery: Duration? { get }
    /// Whether what changes is held back, and told together, once a group interval.
    var groups: Bool { get }

    /// Tells; what is returned is what the other side answered, in a few words.
    ///
    /// To return is to know that the other side took it. The time is bounded, and a cancelled task ends at once.
    func send(_ message: AlertMessage) async throws(SinkFailure) -> String
}

extension AlertSink {
    public var remindEvery: Duration? { nil }
    public var groups: Bool { true }
}

/// Why a message did not arrive. It never quotes a URL or a password: they may be secret.
public struct SinkFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whether the other side works, and refuses this one message: others need not wait.
    public let isRefusal: Bool
    public let description: String

    public init(_ description: String, isRefusal: Bool = false) {
        self.description = description
        self.isRefusal = isRefusal
    }
}

extension SinkFailure: TracedFailure {
    public var failureKind: String { isRefusal ? "refused" : "failed" }
}
