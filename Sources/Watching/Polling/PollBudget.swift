import TransparencyLog

/// What one poll may store, over all parts of an answer: a log with a hundred thousand faults is told of with the first
/// hundred of each rule.
struct PollBudget {
    private let limits: WatchConfiguration.Limits
    private var findings: [Rule: Int] = [:]
    private var evidence = 0
    private var unsigned = 0

    init(_ limits: WatchConfiguration.Limits) { self.limits = limits }

    mutating func takesFinding(_ rule: Rule) -> Bool {
        findings[rule, default: 0] += 1
        return findings[rule, default: 0] <= limits.findingsPerPoll
    }

    /// Findings that were never made, since they are beyond the bound.
    mutating func leaveOut(_ count: Int, of rule: Rule) { findings[rule, default: 0] += count }

    /// Findings that were beyond the bound.
    var refused: [Rule: Int] { findings.mapValues { $0 - limits.findingsPerPoll }.filter { $0.value > 0 } }

    mutating func takesEvidence() -> Bool {
        evidence += 1
        return evidence <= limits.evidencePerPoll
    }

    /// Anybody can write heads that nobody signed.
    mutating func takesUnsignedHead() -> Bool {
        unsigned += 1
        return unsigned <= limits.unsignedHeads
    }
}
