extension Rule {
    /// The text of docs/FINDINGS.md: every rule with its severity, exit code and documentation. A test holds the file
    /// to it; with `NEXO_WRITE_DOCS=1` in its environment, the test writes the file.
    public static var findingsDocument: String {
        var document = """
            # Findings

            Every rule that a log can break, made from `Rule` in Sources/TransparencyLog/Chain/Rule.swift. The ids are
            stable: JSON reports, metrics (`nexo_watch_findings_total{rule="…"}`), alerts and evidence use them.

            An exit code is that of the worst finding: 1 for a violation, else 3 where something could not be checked,
            else 0. Code 2 is for a wrong command line or configuration, and no finding leads to it.

            | Severity | Exit code | Meaning |
            | --- | --- | --- |

            """
        for severity in Severity.allCases {
            document += "| \(severity.rawValue) | \(severity.exitCodes) | \(severity.meaning) |\n"
        }
        document += "\n| Rule | Severity | Exit code | What it says |\n| --- | --- | --- | --- |\n"
        for rule in allCases {
            document +=
                "| `\(rule.rawValue)` | \(rule.severity.rawValue) | \(rule.severity.exitCodes) "
                + "| \(rule.documentation) |\n"
        }
        return document
    }
}

extension Severity {
    fileprivate var exitCodes: String {
        switch self {
        case .violation: "1"
        case .unchecked: "3"
        case .warning: "0; 1 under `--strict`"
        }
    }

    fileprivate var meaning: String {
        switch self {
        case .violation: "The log broke a promise."
        case .unchecked: "Something could not be checked; no verdict either way."
        case .warning: "Worth knowing; the log may be sound."
        }
    }
}
