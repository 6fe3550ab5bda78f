/// A log as people are told of it, watched or not any more.
public struct LogReference: Hashable, Sendable {
    /// In the place of a path, where a log is no longer configured: its reader knows where the trust file is.
    public static let unknownTrust = "TRUST-FILE"

    public let logID: String
    public let name: String
    /// For the command that checks evidence.
    public let trustPath: String

    public init(logID: String, name: String, trustPath: String = unknownTrust) {
        self.logID = logID
        self.name = name
        self.trustPath = trustPath
    }
}

extension WatchedLog {
    var reference: LogReference { LogReference(logID: logID, name: name, trustPath: trustPath) }
}
