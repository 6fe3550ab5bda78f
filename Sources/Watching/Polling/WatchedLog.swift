public import TransparencyLog

/// One log to watch: its configuration and what is pinned of it.
public struct WatchedLog: Sendable {
    public let name: String
    public let url: String
    /// Path of the trust file, for the command that checks evidence.
    public let trustPath: String
    public let leaves: String?
    public let maxHeadAge: Int?
    public let frozen: WatchConfiguration.Frozen?
    public let interval: Duration
    public let limits: WatchConfiguration.Limits
    public let verifier: HeadVerifier
    public let logID: String

    public var hasLeaves: Bool { leaves != nil }

    public init(_ log: WatchConfiguration.Log, _ configuration: WatchConfiguration, trust: TrustFile) {
        name = log.name
        url = log.url
        trustPath = log.trust
        leaves = log.leaves
        maxHeadAge = log.maxHeadAge
        frozen = log.frozen
        interval = log.interval ?? configuration.interval
        limits = configuration.limits
        // Tables are made anew for each part of a catch-up: kept ones would hold memory for every log for ever.
        verifier = HeadVerifier(trust: trust, engine: configuration.verifier, keepsTables: false)
        logID = trust.logID
    }
}
