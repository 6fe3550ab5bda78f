public import TransparencyLog

/// Controls that an assessor may ask evidence for, and the results that support it. The tool certifies nothing.
public struct ControlMapping: Hashable, Sendable {
    public enum Support: String, CaseIterable, Sendable {
        /// Every result named passed; for a control of detection, every rule was looked for.
        case supports
        /// One of them is broken, by a log that the control should have kept from it.
        case contradicts
        /// Not all could be checked, or one is broken in a way that the log may be sound in spite of.
        case partly
    }

    public let framework: String
    public let control: String
    public let title: String
    /// What the results show where they all pass, or were all looked for.
    public let statement: String
    public let rules: [Rule]
    public let support: Support
    let detects: Bool
    /// Under a control of detection, what was detected.
    public let failed: [Rule]
    public let notChecked: [Rule]
    /// Broken in a way that the log may be sound in spite of.
    public let warned: [Rule]

    init(_ row: Row, results: [RuleResult]) {
        framework = row.framework
        control = row.control
        title = row.title
        statement = row.statement
        rules = row.rules
        detects = row.detects
        let named = results.filter { row.rules.contains($0.rule) }
        // Where a row asks for nothing but what is a warning when it is broken, the warning breaks it.
        let breaks: Set<RuleResult.Outcome> =
            row.rules.allSatisfy { $0.severity == .warning } ? [.fail, .warn] : [.fail]
        failed = named.filter { breaks.contains($0.outcome) }.map(\.rule)
        notChecked = named.filter { $0.outcome == .notChecked }.map(\.rule)
        warned = named.filter { $0.outcome == .warn && !breaks.contains(.warn) }.map(\.rule)
        let isBroken = !failed.isEmpty && !row.detects
        let isWhole = notChecked.isEmpty && (row.detects || warned.isEmpty)
        support = isBroken ? .contradicts : isWhole ? .supports : .partly
    }

    struct Row {
        let framework: String
        let control: String
        let title: String
        let statement: String
        let rules: [Rule]
        /// The control asks that breaks are found, not that there are none.
        var detects = false
    }

    private static let soc2 = "SOC 2 (TSC 2017)"
    private static let iso = "ISO/IEC 27001:2022 Annex A"
    private static let nist = "NIST SP 800-53 Rev. 5"
    private static let signing: [Rule] = [.headMalformed, .headUnsigned, .quorumNotMet]
    private static let history: [Rule] = [.linkBroken, .chainGap, .sizeRegressed, .sameSizeDifferentRoot, .branch]
    private static let contents: [Rule] = [
        .rootMismatch, .inconsistent, .leafMalformed, .leafHashMismatch, .leavesMissing,
    ]

    static let rows: [Row] = [
        Row(
            framework: soc2, control: "CC6.1", title: "Logical access security over protected assets",
            statement: "no head of the key directory counts without the signatures of a quorum of pinned cosigners",
            rules: signing + [.policyMismatch]),
        Row(
            framework: soc2, control: "CC7.1", title: "Detection of changes that introduce vulnerabilities",
            statement:
                "a key that is replaced or removed after the fact changes a root; roots were recomputed from the keys",
            rules: contents, detects: true),
        Row(
            framework: soc2, control: "CC7.2", title: "Monitoring for anomalies",
            statement: "each head of the period was judged by every rule of this report, and each break is listed",
            rules: signing + history, detects: true),
        Row(
            framework: soc2, control: "CC7.3", title: "Evaluation of security events",
            statement: "breaks have a severity and a place, so that each can be evaluated and followed up",
            rules: [.sameSizeDifferentRoot, .branch, .inconsistent, .rootMismatch], detects: true),
        Row(
            framework: iso, control: "A.8.15", title: "Logging",
            statement: "the log of keys is append-only: each head names the one before it, and none is smaller",
            rules: history + contents),
        Row(
            framework: iso, control: "A.8.16", title: "Monitoring activities",
            statement: "the period was checked as a whole, with the share of it that had a fresh head",
            rules: history + [.timestampRegressed], detects: true),
        Row(
            framework: iso, control: "A.8.17", title: "Clock synchronization",
            statement: "timestamps do not go back, nor lie ahead of the time of this report",
            rules: [.timestampRegressed, .timestampFuture]),
        Row(
            framework: iso, control: "A.8.24", title: "Use of cryptography",
            statement: "signatures verify under pinned Ed25519 keys, whose rotation windows are listed",
            rules: signing + [.policyMismatch]),
        Row(
            framework: iso, control: "A.5.28", title: "Collection of evidence",
            statement: "every input is named by its SHA-256, and the same inputs give the same report",
            rules: [.headMalformed, .chainGap], detects: true),
        Row(
            framework: nist, control: "AU-9(3)", title: "Protection of audit information: cryptographic protection",
            statement: "the record is protected by a hash tree and by links of hashes under signatures",
            rules: signing + history + contents),
        Row(
            framework: nist, control: "AU-10", title: "Non-repudiation",
            statement: "cosigners that sign two histories are found, and their signatures prove it",
            rules: [.quorumNotMet, .sameSizeDifferentRoot, .branch]),
    ]
}
