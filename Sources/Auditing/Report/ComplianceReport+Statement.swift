public import TransparencyLog

/// The in-toto statement that is signed: this report came of these files, with this result.
extension ComplianceReport {
    static let statementType = "https://in-toto.io/Statement/v1"
    static let predicateType = "https://in-toto.io/attestation/test-result/v0.1"
    /// The report's own role among the subjects, beside those of its inputs.
    static let reportRole = "report"

    /// - Parameters:
    ///   - report: the file's bytes, in whatever form.
    ///   - name: the file's name, without its folder.
    public func statement(of report: [UInt8], name: String) -> JSONValue {
        let subjects =
            [Self.resource(name: name, role: Self.reportRole, sha256: Digest.sha256(report))]
            + inputs.map { Self.resource(name: $0.name, role: $0.role.rawValue, sha256: $0.sha256) }
        func names(_ outcome: RuleResult.Outcome) -> JSONValue {
            .strings(rules.filter { $0.outcome == outcome }.map(\.rule.rawValue))
        }
        return .members([
            "_type": .string(Self.statementType), "subject": .array(subjects),
            "predicateType": .string(Self.predicateType),
            "predicate": .members([
                "result": .string(result),
                "configuration": .array(
                    inputs.filter { $0.role == .trust }.map {
                        Self.resource(name: $0.name, role: $0.role.rawValue, sha256: $0.sha256)
                    }),
                "passedTests": names(.pass), "warnedTests": names(.warn), "failedTests": names(.fail),
                // Beyond the predicate's own members, which its rules for parsing allow.
                "verdict": .string(audit.verdict.rawValue), "uncheckedTests": names(.notChecked),
                "tool": .string("nexo-audit \(ToolVersion.current)"), "logId": .string(audit.logID),
            ]),
        ])
    }

    /// The predicate has no word for "could not be checked"; what was not checked has not passed.
    private var result: String {
        switch audit.verdict {
        case .clean: count(.warn) > 0 || audit.coverage.headsThinned > 0 ? "WARNED" : "PASSED"
        case .violation, .incomplete: "FAILED"
        }
    }

    private static func resource(name: String, role: String, sha256: Digest) -> JSONValue {
        .members([
            "name": .string(name), "digest": .members(["sha256": .string(sha256.hex)]),
            "annotations": .members(["role": .string(role)]),
        ])
    }
}
