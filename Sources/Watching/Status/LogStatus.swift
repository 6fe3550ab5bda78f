import Foundation
import Pages
import TransparencyLog

/// One log as it stands: what is configured, stored and seen at the last poll, in one value for all who show it.
public struct LogStatus: Sendable {
    public let log: WatchedLog
    public let stored: StoredLog?
    public let poll: PollRecord?
    public let now: UInt64
    public let health: LogHealth
    /// Why, in one line.
    public let reason: String

    public init(_ log: WatchedLog, _ stored: StoredLog?, _ poll: PollRecord?, now: UInt64) {
        self.log = log
        self.stored = stored
        self.poll = poll
        self.now = now
        (health, reason) = Self.judge(log, stored, poll, now)
    }

    public var position: LogPosition { stored?.position ?? LogPosition() }
    public var hasHead: Bool { position.verifiedHash != nil }

    /// Seconds since the newest verified head was signed, by the log's own time.
    public var headAge: UInt64? { hasHead ? now - min(now, position.verifiedTimestamp) : nil }

    public var openAlerts: Int { stored?.openAlerts.values.reduce(0, +) ?? 0 }

    /// Without a poll for so long, nothing can be said; back-off and a slow answer are no silence yet.
    private static func patience(_ log: WatchedLog) -> UInt64 {
        UInt64(max(log.interval.components.seconds * 10, 120))
    }

    private static func judge(
        _ log: WatchedLog, _ stored: StoredLog?, _ poll: PollRecord?, _ now: UInt64
    ) -> (LogHealth, String) {
        let open = stored?.openAlerts ?? [:]
        let violations = open[.violation] ?? 0
        if violations > 0 { return (.violation, "\(count(violations, "open violation alert"))") }
        if stored?.hasUnassignedViolation == true { return (.violation, "a violation is stored") }
        if let poll, poll.isFailing { return (.failing, "the last poll failed: \(Printable.text(poll.failure))") }
        guard let success = poll?.successAt else { return (.unknown, "not polled yet") }
        // A clock was set back, by as much as nobody waits to hear that polls fail.
        guard success <= now + 120 else { return (.unknown, "the last poll lies in the future: a clock was set") }
        let silence = now - min(now, success)
        guard silence <= patience(log) else { return (.unknown, "not polled for \(UTCTime.span(silence))") }
        guard let position = stored?.position, position.verifiedHash != nil else {
            let isEmpty = stored?.position.hasNothing ?? true
            return (.unknown, isEmpty ? WatchedLog.showsNothing : "no head is verified yet")
        }
        let age = now - min(now, position.verifiedTimestamp)
        if log.frozen == nil, let limit = log.maxHeadAge, age > UInt64(limit) {
            return (.stale, "the newest head is \(UTCTime.span(age)) old, the limit is \(UTCTime.span(UInt64(limit)))")
        }
        if let unchecked = open[.unchecked] { return (.unchecked, count(unchecked, "open alert on unchecked parts")) }
        if let warnings = open[.warning] { return (.warning, count(warnings, "open warning")) }
        return (.ok, "verified to size \(position.verifiedSize)")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}

extension WatchedLog {
    /// A server answers 404 for an empty log, and for an address that is none: only people can tell.
    public static let showsNothing = "the log shows no heads yet; where it should, check its url"

    /// The name in an address: the log's own where it needs no escaping, else its id.
    var slug: String {
        let plain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        return plain && !name.hasPrefix(".") ? name : logID
    }
}
