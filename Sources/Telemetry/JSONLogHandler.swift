public import Logging

/// A swift-log backend that writes one JSON object a line.
///
///     {"time":"2026-01-31T12:00:00.250Z","level":"error","logger":"nexo-watch","message":"…","metadata":{"log":"nexo-eu"}}
///
/// Whatever a remote server puts into an error text, a line stays one line and one object: everything is escaped.
public struct JSONLogHandler: LogHandler {
    /// Takes one line, without its newline.
    public typealias Sink = @Sendable (String) -> Void
    /// Gives the time in milliseconds since 1970.
    public typealias Now = @Sendable () -> Int64

    public static let standardError: Sink = { StandardError.write($0) }
    public static let systemTime: Now = { LogTime.now() }

    public var logLevel: Logger.Level = .info
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let now: Now
    private let write: Sink

    /// - Parameters:
    ///   - write: where lines go; standard error, one write a line, if not given.
    ///   - now: the clock; the system's if not given.
    public init(
        label: String,
        metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping Sink = Self.standardError,
        now: @escaping Now = Self.systemTime
    ) {
        self.label = label
        self.metadataProvider = metadataProvider
        self.now = now
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The call's own metadata wins over the provider's, and that over the logger's, as swift-log's own handlers have it.
    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error {
            all["error.message"] = "\(error)"
            all["error.type"] = "\(String(reflecting: type(of: error)))"
        }
        var line = LogLine()
        line.open("time", LogTime.format(now()))
        line.add("level", event.level.rawValue)
        line.add("logger", label)
        line.add("message", event.message.description)
        if !all.isEmpty { line.add("metadata", all) }
        write(line.close())
    }
}
