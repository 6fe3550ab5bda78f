import Pages
import TransparencyLog

/// Turns a report into the forms that people and scripts read.
extension AuditReport {
    /// The stable JSON form, ending in a newline.
    public func json() -> String {
        let value = JSONValue.object([
            JSONMember("format", .string(Self.format)),
            JSONMember("verdict", .string(verdict.rawValue)),
            JSONMember(
                "log",
                .object([
                    JSONMember("name", .string(name)), JSONMember("log_id", .string(logID)),
                    JSONMember("canonical", .string(dialect.rawValue)),
                ])),
            JSONMember("heads_checked", .integer(headsChecked)),
            JSONMember("signatures_checked", .integer(signaturesChecked)),
            JSONMember("roots_checked", .integer(rootsChecked)),
            JSONMember("findings", .array(findings.map(\.json))),
            JSONMember(
                "counts",
                .object(
                    Rule.allCases.compactMap { rule in counts[rule].map { JSONMember(rule.rawValue, .integer($0)) } })),
            JSONMember("coverage", coverage.json),
        ])
        return value.serialized() + "\n"
    }

    /// The form for people, ending in a newline.
    public func text() -> String {
        var lines = ["\(name): \(sentence)"]
        let sizes = coverage.firstSize.flatMap { first in coverage.lastSize.map { "sizes \(first) to \($0)" } }
        lines.append(
            "  checked: \(headsChecked) heads (\(sizes ?? "no sizes")), \(signaturesChecked) signatures, "
                + "\(rootsChecked) roots, dialect \(dialect.rawValue)")
        for reason in coverage.notChecked { lines.append("  not checked: \(reason)") }
        for finding in findings { lines.append("  " + Printable.text(finding.text, limit: 2_000)) }
        for rule in Rule.allCases {
            let count = counts[rule] ?? 0
            if count > Self.keptPerRule {
                lines.append("  \(rule.rawValue): \(count - Self.keptPerRule) more, \(count) in all")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var sentence: String {
        switch verdict {
        case .clean: "clean: the log kept its promises in what was checked"
        case .violation: "violation: the log broke its promises"
        case .incomplete: "incomplete: not everything could be checked"
        }
    }
}

extension AuditReport.Coverage {
    var json: JSONValue {
        func optional(_ value: UInt64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return .object([
            JSONMember("first_tree_size", optional(firstSize)), JSONMember("last_tree_size", optional(lastSize)),
            JSONMember("first_timestamp", optional(firstTimestamp)),
            JSONMember("last_timestamp", optional(lastTimestamp)),
            JSONMember("leaves_read", .integer(leavesRead)),
            JSONMember("ids_of_24_bytes", .integer(idsThatCanPoseAsNodes)),
            JSONMember("not_checked", .array(notChecked.map { .string($0) })),
        ])
    }
}
