import TransparencyLog

/// How much of a period had a young quorum head, by the timestamps that the log signed.
public struct Freshness: Hashable, Sendable {
    /// Seconds; a head older than this is stale.
    public let limit: UInt64
    /// The timestamp of the first head, with a quorum or without. One that lies before is a finding, and no earlier
    /// start: a single backdated head would make any log look stale.
    public private(set) var start: UInt64?
    public private(set) var end: UInt64?
    /// The seconds of the period in which the newest quorum head was within the limit.
    public private(set) var fresh: UInt64 = 0
    /// The longest time between two quorum heads, the period's edges counted as such.
    public private(set) var longestGap: UInt64 = 0
    public private(set) var longestGapStart: UInt64?
    private var newestQuorum: UInt64?
    /// Where the period begins if the log had heads before.
    private let begin: UInt64?

    /// A limit beyond every timestamp is no limit, and must not overflow a sum.
    init(limit: UInt64, begin: UInt64? = nil) {
        self.limit = min(limit, JSONNumber.largestPlainInteger)
        self.begin = begin
    }

    /// Takes in a head before the period: what is silent at its beginning is so since then.
    mutating func noteBefore(_ timestamp: UInt64, hasQuorum: Bool) {
        guard let begin, timestamp <= begin else { return }
        start = begin
        if hasQuorum { newestQuorum = max(newestQuorum ?? 0, timestamp) }
    }

    public var period: UInt64 { start.flatMap { start in end.map { $0 - start } } ?? 0 }

    /// In hundredths of a percent, rounded down: a share that is not whole must not read as whole. Nil for no period.
    public var share: UInt64? {
        guard period > 0 else { return nil }
        return period.dividingFullWidth(fresh.multipliedFullWidth(by: 10_000)).quotient
    }

    /// `99.87 %`
    public var shareText: String {
        guard let share else { return "not measured: the period is a single moment" }
        let rest = share % 100
        return "\(share / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    /// - Returns: the age that the newest quorum head had reached at this moment.
    mutating func note(_ timestamp: UInt64, hasQuorum: Bool) -> UInt64 {
        start = start ?? timestamp
        let age = advance(to: timestamp)
        if hasQuorum { newestQuorum = max(newestQuorum ?? start ?? 0, timestamp) }
        return age
    }

    /// Lets time pass without a head.
    @discardableResult
    mutating func advance(to moment: UInt64) -> UInt64 {
        guard let start else { return 0 }
        let from = max(end ?? start, start)
        let born = newestQuorum ?? start
        let age = moment > born ? moment - born : 0
        if moment > from, let newestQuorum {
            let stale = newestQuorum + limit
            if stale > from { fresh += min(moment, stale) - from }
        }
        // What lies before the period is counted there.
        let since = max(born, start)
        if moment > since, moment - since > longestGap {
            longestGap = moment - since
            longestGapStart = since
        }
        end = max(end ?? start, moment, start)
        return age
    }
}
