import Foundation
public import TransparencyLog

/// One log to watch: its configuration and what is pinned of it.
public struct WatchedLog: Sendable {
    public let name: String
    public let url: String
    /// Path of the trust file, for the command that checks evidence.
    public let trustPath: String
    public let leaves: String?
    let watchList: WatchList?
    /// Why the log's watch-list is of no use, where it is not.
    public let watchListProblem: String?
    public let maxHeadAge: Int?
    public let frozen: WatchConfiguration.Frozen?
    public let interval: Duration
    public let vantages: [WatchConfiguration.Vantage]
    public let limits: WatchConfiguration.Limits
    public let verifier: HeadVerifier
    public let logID: String

    /// The URL without a password: for files that others will read.
    public var publicURL: String {
        guard var parts = URLComponents(string: url), parts.user != nil || parts.password != nil else { return url }
        (parts.user, parts.password) = (nil, nil)
        return parts.string ?? parts.host ?? ""
    }

    public var hasLeaves: Bool { leaves != nil }

    public init(_ log: WatchConfiguration.Log, _ configuration: WatchConfiguration, trust: TrustFile) {
        name = log.name
        url = log.url
        trustPath = log.trust
        leaves = log.leaves
        let hasNames = log.leaves != nil && log.leaves != WatchConfiguration.Log.tiles
        watchList =
            hasNames && !log.watch.isEmpty ? WatchList(log.watch, limit: configuration.limits.watchedIDs) : nil
        watchListProblem =
            hasNames || log.watch.isEmpty
            ? nil
            : "the watch-list is not watched: names stand in users.jsonl alone; set leaves to its path or URL"
        maxHeadAge = log.maxHeadAge
        frozen = log.frozen
        interval = log.interval ?? configuration.interval
        vantages = log.vantages ?? configuration.vantages
        limits = configuration.limits
        // Tables are made anew for each part of a catch-up: kept ones would hold memory for every log for ever.
        verifier = HeadVerifier(trust: trust, engine: configuration.verifier, keepsTables: false)
        logID = trust.logID
    }
}
