import TransparencyLog

/// The form of docs/schemas/nexo-report-v1.json.
extension ComplianceReport {
    /// Ends in a newline.
    public func json() -> String { value.indented() }

    var value: JSONValue {
        .members([
            "format": .string(Self.format),
            "tool": .members(["name": .string("nexo-audit"), "version": .string(ToolVersion.current)]),
            "created": .optional(created),
            "verdict": .string(audit.verdict.rawValue),
            "summary": .string(summary),
            "log": .members([
                "name": .string(audit.name), "log_id": .string(audit.logID),
                "canonical": .string(audit.dialect.rawValue),
            ]),
            "scope": scopeJSON,
            "inputs": .array(inputs.map(\.json)),
            "trust": trustJSON,
            "rules": .array(rules.map(\.json)),
            "freshness": freshnessJSON,
            "cosigners": .array(statistics.cosigners.map(\.json)),
            "findings": .members([
                "count": .integer(findingsInAll), "listed": .array(audit.findings.map(\.json)),
            ]),
            "controls": .array(controls.map(\.json)),
            "series": .array(statistics.series.samples.map(\.json)),
            "disclaimer": .string(Self.disclaimer),
        ])
    }

    private var scopeJSON: JSONValue {
        let coverage = audit.coverage
        return .members([
            "first_tree_size": .optional(coverage.firstSize), "last_tree_size": .optional(coverage.lastSize),
            "first_timestamp": .optional(coverage.firstTimestamp),
            "last_timestamp": .optional(coverage.lastTimestamp),
            "heads_checked": .integer(audit.headsChecked), "quorum_heads": .integer(statistics.quorumHeads),
            "signatures_checked": .integer(audit.signaturesChecked), "roots_checked": .integer(audit.rootsChecked),
            "leaves_read": .integer(coverage.leavesRead), "ids_of_24_bytes": .integer(coverage.idsThatCanPoseAsNodes),
            "not_checked": .strings(coverage.notChecked),
        ])
    }

    private var trustJSON: JSONValue {
        .members([
            "policy": .members(["t": .integer(trust.policy.t), "n": .integer(trust.policy.n)]),
            "keys": .array(
                zip(trust.cosigners, statistics.keys).map { entry, use in
                    .members([
                        "cosigner": .string(entry.id), "fingerprint": .string(Self.fingerprint(entry.publicKey)),
                        "public_key": .string(Base64.encode(entry.publicKey)),
                        "from_tree_size": .integer(entry.fromTreeSize),
                        "until_tree_size": .optional(entry.untilTreeSize), "heads_signed": .integer(use.heads),
                        "first_signed_tree_size": .optional(use.first?.treeSize),
                        "first_signed_timestamp": .optional(use.first?.timestamp),
                        "last_signed_tree_size": .optional(use.last?.treeSize),
                        "last_signed_timestamp": .optional(use.last?.timestamp),
                    ])
                }),
            "rotations": .array(
                rotations.map {
                    .members([
                        "cosigner": .string($0.cosigner), "at_tree_size": .integer($0.treeSize),
                        "from_fingerprint": .string($0.from), "to_fingerprint": .string($0.to),
                    ])
                }),
        ])
    }

    private var freshnessJSON: JSONValue {
        .members([
            "max_head_age": .integer(freshness.limit), "period_start": .optional(freshness.start),
            "period_end": .optional(freshness.end), "fresh_seconds": .integer(freshness.fresh),
            // In hundredths of a percent: no JSON reader then rounds it otherwise.
            "fresh_basis_points": .optional(freshness.share), "longest_gap": .integer(freshness.longestGap),
            "longest_gap_start": .optional(freshness.longestGapStart),
            "heads_in_the_future": .integer(statistics.futureHeads),
        ])
    }
}

extension InputFile {
    var json: JSONValue {
        .members([
            "role": .string(role.rawValue), "name": .string(name), "sha256": .string(sha256.hex),
            "bytes": .integer(bytes),
        ])
    }
}

extension RuleResult {
    fileprivate var json: JSONValue {
        .members([
            "rule": .string(rule.rawValue), "severity": .string(rule.severity.rawValue),
            "result": .string(outcome.rawValue), "count": .integer(count), "reason": .string(reason),
        ])
    }
}

extension ReportStatistics.Cosigner {
    fileprivate var json: JSONValue {
        .members([
            "id": .string(id), "signed": .integer(signed), "missed": .integer(missed), "invalid": .integer(invalid),
            "longest_streak_without": .integer(longestStreak),
        ])
    }
}

extension ControlMapping {
    fileprivate var json: JSONValue {
        .members([
            "framework": .string(framework), "control": .string(control), "title": .string(title),
            "support": .string(support.rawValue), "statement": .string(statement),
            "rules": .strings(rules.map(\.rawValue)), "failed": .strings(failed.map(\.rawValue)),
            "not_checked": .strings(notChecked.map(\.rawValue)),
        ])
    }
}

extension HeadSeries.Sample {
    fileprivate var json: JSONValue {
        .members([
            "first_head": .integer(firstHead), "heads": .integer(heads), "first_timestamp": .integer(firstTimestamp),
            "last_timestamp": .integer(lastTimestamp), "tree_size": .integer(treeSize),
            "greatest_age": .integer(greatestAge),
        ])
    }
}
