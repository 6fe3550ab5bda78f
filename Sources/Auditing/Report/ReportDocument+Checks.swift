import Pages
import TransparencyLog

/// What was checked, and what came of it.
extension ReportDocument {
    static func scope(_ report: ComplianceReport) -> [Block] {
        let (audit, coverage) = (report.audit, report.audit.coverage)
        func range(_ first: UInt64?, _ last: UInt64?, _ text: (UInt64) -> String) -> Cell {
            guard let first, let last else { return .text("none", .muted) }
            return .text(first == last ? text(first) : "\(text(first)) to \(text(last))")
        }
        var facts: [(String, Cell)] = [
            ("Log", .text(audit.name)), ("Log id", .code(audit.logID)),
            ("Period", range(coverage.firstTimestamp, coverage.lastTimestamp, UTCTime.text)),
            ("Tree sizes", range(coverage.firstSize, coverage.lastSize) { String($0) }),
            ("Heads checked", .number(audit.headsChecked)),
            ("Heads with a quorum", .number(report.statistics.quorumHeads)),
            ("Signatures checked", .number(audit.signaturesChecked)), ("Roots recomputed", .number(audit.rootsChecked)),
            ("Registrations read", .number(coverage.leavesRead)),
            ("Canonical form", .text(audit.dialect.rawValue)),
            ("Quorum", .text("\(report.trust.policy.t) of \(report.trust.policy.n) cosigners")),
            ("Tool", .text("nexo-audit \(ToolVersion.current)")),
            ("Created", .text(report.created.map(UTCTime.text) ?? "no time given, and no head has one")),
        ]
        for reason in coverage.notChecked { facts.append(("Not checked", .text(reason, .warn))) }
        return [.section("Scope and period"), .facts(facts)]
    }

    static func ruleSection(_ report: ComplianceReport) -> [Block] {
        let counts =
            "\(report.count(.pass)) passed, \(report.count(.fail)) failed, \(report.count(.warn)) with warnings, "
            + "\(report.count(.notChecked)) not checked or not everywhere."
        let rows = report.rules.map { result in
            [
                Cell.code(result.rule.rawValue), .text(result.outcome.title, result.outcome.tone),
                .number(result.count), .text(result.reason.isEmpty ? result.rule.documentation : result.reason),
            ]
        }
        return [
            .section("Result by rule"), .paragraph(counts),
            .table(Table(headings: ["Rule", "Result", "Count", "Broken if, or why not checked"], rows: rows)),
        ]
    }

    static func freshness(_ report: ComplianceReport) -> [Block] {
        let freshness = report.freshness
        var facts: [(String, Cell)] = [
            ("Limit of a head's age", .text(UTCTime.span(freshness.limit))),
            ("Share of the period with a fresh head", .text(freshness.shareText, freshness.tone)),
            ("Longest time without a new quorum head", .text(UTCTime.span(freshness.longestGap))),
        ]
        if freshness.longestGap > 0, let start = freshness.longestGapStart {
            facts.append(("It began", .text(UTCTime.text(start))))
        }
        if report.statistics.futureHeads > 0 {
            facts.append(("Heads dated after this report, left out", .number(report.statistics.futureHeads)))
        }
        return [
            .section("Freshness"),
            .paragraph("By the timestamps that the log signed; only heads with a quorum count."), .facts(facts),
        ]
    }

    static func findings(_ report: ComplianceReport) -> [Block] {
        let title = Block.section("Findings")
        guard report.findingsInAll > 0 else { return [title, .paragraph("None.")] }
        var listed: [Rule: Int] = [:]
        let shown = report.audit.findings.filter { finding in
            listed[finding.rule, default: 0] += 1
            return listed[finding.rule, default: 0] <= ComplianceReport.listedPerRule
        }
        func number(_ value: (some BinaryInteger)?) -> Cell { value.map { .number($0) } ?? .text("–", .muted) }
        let rows = shown.map { finding in
            [
                Cell.text(finding.severity.rawValue, finding.severity.tone), .code(finding.rule.rawValue),
                number(finding.treeSize), number(finding.line), number(finding.byteOffset), .text(finding.expected),
                .text(finding.found),
                finding.evidence.map { .code(String($0.hex.prefix(16))) } ?? .text("–", .muted),
            ]
        }
        let rest = report.findingsInAll - shown.count
        let more =
            rest > 0 ? "\(shown.count) of \(report.findingsInAll) are listed here; the JSON form lists more." : nil
        return [title] + (more.map { [.paragraph($0)] } ?? []) + [
            .table(
                Table(
                    headings: ["Severity", "Rule", "Tree size", "Line", "Byte", "Expected", "Found", "Evidence"],
                    rows: rows))
        ]
    }
}

extension RuleResult.Outcome {
    var title: String { self == .notChecked ? "not checked" : rawValue }

    var tone: ReportDocument.Tone {
        switch self {
        case .pass: .good
        case .fail: .bad
        case .warn: .warn
        case .notChecked: .muted
        }
    }
}

extension Severity {
    var tone: ReportDocument.Tone {
        switch self {
        case .violation: .bad
        case .warning: .warn
        case .unchecked: .muted
        }
    }
}

extension Freshness {
    var tone: ReportDocument.Tone {
        guard let share else { return .muted }
        return share == 10_000 ? .good : .warn
    }
}
