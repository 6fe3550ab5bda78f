import Pages
public import TransparencyLog

/// An audit that can be filed: one value, from which every form of the report is made.
///
/// It holds nothing of the machine that made it, so that the same inputs and version give the same bytes.
public struct ComplianceReport: Sendable {
    public static let format = "nexo-report/v1"
    /// A day: the limit of a head's age where none is given.
    public static let defaultHeadAge: UInt64 = 86_400
    /// Findings of one rule beyond this many are counted in the forms for people, but not listed there.
    static let listedPerRule = 50

    public let audit: AuditReport
    public let statistics: ReportStatistics
    public let freshness: Freshness
    public let inputs: [InputFile]
    public let rules: [RuleResult]
    public let controls: [ControlMapping]
    /// Seconds since 1970; nil if it was not given and no head has a time.
    public let created: UInt64?

    public init(audit: AuditReport, statistics: ReportStatistics, inputs: [InputFile], created: UInt64?) {
        self.audit = audit
        self.statistics = statistics
        self.inputs = inputs
        self.created = created ?? statistics.newestTimestamp
        var freshness = statistics.freshness
        // A log that fell silent before the report was made was stale until then, or until the range that it speaks of ends:
        // a range that ends with a size says of no later moment what there was.
        switch (created, audit.coverage.range.to) {
        case (let created?, nil): freshness.advance(to: created)
        case (let created?, .time(let end)?): freshness.advance(to: min(created, end))
        case (_, .treeSize?), (nil, _): break
        }
        self.freshness = freshness
        rules = Rule.allCases.map {
            RuleResult($0, report: audit, statistics: statistics, hasClock: created != nil)
        }
        controls = ControlMapping.rows.map { [rules] in ControlMapping($0, results: rules) }
    }

    public var trust: TrustFile { statistics.trust }

    func count(_ outcome: RuleResult.Outcome) -> Int { rules.count { $0.outcome == outcome } }

    /// Findings of one severity among those that were kept.
    func kept(_ severity: Severity) -> Int { audit.findings.count { $0.severity == severity } }

    var findingsInAll: Int { audit.counts.values.reduce(0, +) }

    /// The verdict in one sentence.
    public var summary: String {
        let heads = Self.counted(audit.headsChecked, "head")
        let broken = rules.filter { $0.outcome == .fail }
        switch audit.verdict {
        case .clean:
            let warnings = count(.warn)
            let warned = warnings > 0 ? ", with \(Self.counted(warnings, "warning"))" : ""
            let roots =
                audit.rootsChecked == 0
                ? "no root was recomputed" : "\(Self.counted(audit.rootsChecked, "root")) recomputed"
            return "The log \(name) kept its promises in the \(heads) checked (\(roots))\(warned)."
        case .violation:
            let rules = broken.map(\.rule.rawValue).joined(separator: ", ")
            let places = broken.reduce(0) { $0 + $1.count }
            return "The log \(name) broke its promises: \(rules) (\(Self.counted(places, "place")) "
                + "in \(heads) checked)."
        case .incomplete:
            return "No verdict on the log \(name): not everything could be checked, and nothing is broken in what was "
                + "(\(heads))."
        }
    }

    var name: String { "“\(Printable.text(audit.name, limit: 100))”" }

    static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// The first 16 hexadecimal digits of a key's SHA-256.
    static func fingerprint(_ key: [UInt8]) -> String { String(Digest.sha256(key).hex.prefix(16)) }
}
