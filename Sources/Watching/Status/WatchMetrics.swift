import Metrics
import Synchronization
public import Telemetry
import TransparencyLog

/// The metrics of the watcher. Labels come from closed sets: the configured logs, the rules, and fixed reasons (C12).
public final class WatchMetrics: Sendable {
    let registry: PrometheusRegistry
    /// How often the fork of a log was latched, by log_id.
    private let latches = Mutex<[String: Int]>([:])

    public init(registry: PrometheusRegistry) {
        self.registry = registry
        for family in Self.families { registry.declare(family) }
        meter("build_info", [("version", ToolVersion.current)]).set(1)
        showReload(isGood: true)
    }

    /// Makes every series of a log, so that none appears for the first time with its first fault.
    ///
    /// - Parameters:
    ///   - isNew: of a log that goes on after a reload, what is shown stays until it is known anew. A latched fork must not
    ///     seem to be over in between.
    ///   - remembered: is what a new log's series begin with. At 0, even for one scrape, a latched fork would seem to be over.
    func prepare(_ log: WatchedLog, isNew: Bool = true, remembered: RememberedLog = RememberedLog()) {
        let labels = [("log", log.name)]
        for rule in Rule.allCases { _ = counter("findings_total", labels + [("rule", rule.rawValue)]) }
        for vantage in log.vantages.map(\.name) {
            _ = counter("polls_total", labels + [("vantage", vantage)])
            for reason in FetchError.Reason.allCases { _ = failures(log, vantage, reason) }
        }
        _ = counter("verified_heads_total", labels)
        prepareQuorum(log)
        guard isNew else { return }
        meter("last_success_timestamp_seconds", labels).set(Double(remembered.lastSuccess))
        meter("fork_detected", labels).set(remembered.hasFork ? 1 : 0)
        for name in ["clock_skew_seconds", "backlog_heads", "watched_ids"] { meter(name, labels).set(0) }
        show(log, remembered.position)
    }

    func polled(_ log: WatchedLog, at vantage: String) {
        counter("polls_total", [("log", log.name), ("vantage", vantage)]).increment()
    }

    func failed(_ log: WatchedLog, at vantage: String, _ reason: FetchError.Reason) {
        failures(log, vantage, reason).increment()
    }

    func heard(_ log: WatchedLog, skew: Double) { meter("clock_skew_seconds", [("log", log.name)]).set(skew) }

    func succeeded(_ log: WatchedLog, _ position: LogPosition, verified: Int64, waiting: Int, now: UInt64) {
        let labels = [("log", log.name)]
        meter("last_success_timestamp_seconds", labels).set(Double(now))
        meter("backlog_heads", labels).set(Double(waiting))
        show(log, position)
        counter("verified_heads_total", labels).increment(by: verified)
    }

    /// What is known from the store, at start and after each poll.
    func show(_ log: WatchedLog, _ position: LogPosition) {
        let labels = [("log", log.name)]
        meter("head_tree_size", labels).set(Double(position.verifiedSize))
        meter("head_timestamp_seconds", labels).set(Double(position.verifiedTimestamp))
        meter("gap_leaves", labels).set(Double(position.gaps.size))
        for level in Assurance.allCases {
            meter("assurance", labels + [("level", level.rawValue)]).set(level == position.assurance ? 1 : 0)
        }
        meter("seen_tree_size", labels).set(Double(position.seenSize))
        meter("backlog_leaves", labels).set(Double(position.seenSize - min(position.seenSize, position.verifiedSize)))
        meter("leaves", labels).set(Double(position.leafCount))
    }

    func latchFork(_ log: WatchedLog) {
        latches.withLock { latches in
            latches[log.logID, default: 0] += 1
            meter("fork_detected", [("log", log.name)]).set(1)
        }
    }

    var forkLatches: [String: Int] { latches.withLock { $0 } }

    /// What the store says of forks, unless one was latched since `before` was read.
    func showFork(_ log: WatchedLog, isOpen: Bool, since before: [String: Int]) {
        latches.withLock { latches in
            guard isOpen || latches[log.logID] == before[log.logID] else { return }
            meter("fork_detected", [("log", log.name)]).set(isOpen ? 1 : 0)
        }
    }

    func count(_ findings: [Rule: Int], in log: WatchedLog) {
        for (rule, count) in findings {
            counter("findings_total", [("log", log.name), ("rule", rule.rawValue)]).increment(by: Int64(count))
        }
    }

    private func failures(_ log: WatchedLog, _ vantage: String, _ reason: FetchError.Reason) -> Counter {
        counter("poll_failures_total", [("log", log.name), ("vantage", vantage), ("reason", reason.rawValue)])
    }

    func counter(_ name: String, _ labels: [(String, String)]) -> Counter {
        Counter(label: "nexo_watch_\(name)", dimensions: labels, factory: registry)
    }

    func meter(_ name: String, _ labels: [(String, String)]) -> Meter {
        Meter(label: "nexo_watch_\(name)", dimensions: labels, factory: registry)
    }
}
