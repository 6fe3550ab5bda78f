public import TransparencyLog

/// What the audit says of one rule.
public struct RuleResult: Hashable, Sendable {
    public enum Outcome: String, CaseIterable, Sendable {
        /// It was looked for everywhere that the report covers, and not found broken.
        case pass
        /// It is broken.
        case fail
        /// It is broken in a way that is worth knowing, though the log may be sound.
        case warn
        /// It was not looked for, or not everywhere; `reason` says why.
        case notChecked = "not-checked"
    }

    public let rule: Rule
    public let outcome: Outcome
    public let count: Int
    /// Why it was not checked; empty otherwise.
    public let reason: String

    init(_ rule: Rule, report: AuditReport, statistics: ReportStatistics, hasClock: Bool) {
        self.rule = rule
        count = report.counts[rule] ?? 0
        let severities = Set(report.findings.lazy.filter { $0.rule == rule }.map(\.severity))
        if count > 0 {
            let isUnchecked = !severities.contains(.violation) && severities.contains(.unchecked)
            outcome = severities.contains(.violation) ? .fail : isUnchecked ? .notChecked : .warn
            reason = isUnchecked ? "\(count) place\(count == 1 ? "" : "s") that could not be checked" : ""
        } else {
            reason = Self.whyNotChecked(rule, report, statistics, hasClock: hasClock) ?? ""
            outcome = reason.isEmpty ? .pass : .notChecked
        }
    }

    /// A rule that is broken nowhere is passed only if nothing kept the audit from seeing it broken.
    private static func whyNotChecked(
        _ rule: Rule, _ report: AuditReport, _ statistics: ReportStatistics, hasClock: Bool
    ) -> String? {
        let (heads, roots) = (report.headsChecked, report.rootsChecked)
        switch rule {
        case .splitView, .logIdentityChanged, .frozenLogMoved:
            return "needs a watcher, which sees the log from several places and over time"
        case .headStale: return "a watcher's rule; see Freshness for the whole period"
        case .keyChanged: return "keys are not compared between registrations"
        case .leavesChanged: return "needs an older copy of the registrations"
        case .timestampFuture where !hasClock: return "no clock: give --created, the time of the report"
        default: break
        }
        if heads == 0 { return "no head could be read" }
        switch rule {
        case .rootMismatch, .inconsistent, .leafMalformed, .leafHashMismatch, .leavesMissing:
            if !report.coverage.leavesGiven { return "no registrations given" }
            let isOfRegistrations = rule == .leafMalformed || rule == .leafHashMismatch
            if isOfRegistrations, report.coverage.leaves == .storedHashes {
                return "registrations not read: a watcher's database has their hashes alone"
            }
            let broken = report.coverage.rootsBehindMalformedLeaf
            if rule == .leavesMissing, broken > 0 {
                return "in part: \(Self.heads(broken)) behind a line that cannot be read"
            }
            if rule == .leavesMissing || rule == .leafMalformed { return leftOut(report) }
            // The registrations vouch for the heads whose roots they give, and say nothing of what contradicts these.
            if rule == .inconsistent, report.counts[.rootMismatch] ?? 0 > 0 { return "roots differ; see root-mismatch" }
            return roots < heads ? "in part: roots recomputed for \(roots) of \(heads) heads" : leftOut(report)
        case .linkBroken, .branch, .sizeRegressed, .sameSizeDifferentRoot, .timestampRegressed:
            let gaps = report.counts[.chainGap] ?? 0
            if gaps > 0 { return "in part: \(gaps) link\(gaps == 1 ? "" : "s") could not be followed" }
            let unlinked = statistics.unlinkedHeads
            if unlinked > 0 { return "in part: \(Self.heads(unlinked)) without a word of the head before" }
            // One that nobody signed contradicts nobody.
            let needsSigners = rule == .branch || rule == .sameSizeDifferentRoot
            return needsSigners ? unsigned(statistics) ?? leftOut(report) : leftOut(report)
        // Nor is it told of where a quorum signed its size and root.
        case .quorumNotMet: return unsigned(statistics) ?? leftOut(report)
        default: return leftOut(report)
        }
    }

    private static func unsigned(_ statistics: ReportStatistics) -> String? {
        let count = statistics.unsignedHeads
        return count > 0 ? "in part: \(heads(count)) without a valid signature by a pinned cosigner" : nil
    }

    /// Heads of the range that no rule was held against.
    private static func leftOut(_ report: AuditReport) -> String? {
        let (thinned, misplaced) = (report.coverage.headsThinned, report.coverage.headsMisplaced)
        if thinned > 0 { return "in part: \(heads(thinned)) of which a watcher's retention kept hash and root alone" }
        return misplaced > 0 ? "in part: \(heads(misplaced)) within the range that say they are beyond it" : nil
    }

    private static func heads(_ count: Int) -> String { ComplianceReport.counted(count, "head") }
}
