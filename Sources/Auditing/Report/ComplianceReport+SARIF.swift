import Pages
import TransparencyLog

/// SARIF 2.1.0 (OASIS), for code hosts and CI that show such results.
extension ComplianceReport {
    private static let schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

    /// Ends in a newline.
    public func sarif() -> String {
        let rules = Rule.allCases
        let driver = JSONValue.members([
            "name": .string("nexo-audit"), "version": .string(ToolVersion.current),
            "semanticVersion": .string(ToolVersion.current), "rules": .array(rules.map(\.sarif)),
        ])
        let run = JSONValue.members([
            "tool": .members(["driver": driver]),
            "invocations": .array([invocation]),
            "artifacts": .array(
                inputs.map { input in
                    .members([
                        "location": .members(["uri": .string(Self.reference(input.name))]),
                        "length": .integer(input.bytes),
                        "hashes": .members(["sha-256": .string(input.sha256.hex)]),
                    ])
                }),
            "results": .array(audit.findings.map(result)),
            "columnKind": .string("unicodeCodePoints"),
            "properties": .members([
                "verdict": .string(audit.verdict.rawValue), "summary": .string(summary),
                "logId": .string(audit.logID), "findingsInAll": .integer(findingsInAll),
            ]),
        ])
        return JSONValue.members([
            "$schema": .string(Self.schema),
            "version": .string("2.1.0"), "runs": .array([run]),
        ]).indented()
    }

    /// An audit that could not check everything has not run to its end.
    private var invocation: JSONValue {
        var members = [JSONMember("executionSuccessful", .bool(audit.verdict != .incomplete))]
        if let created { members.append(JSONMember("endTimeUtc", .string(UTCTime.timestamp(created)))) }
        let notes = audit.coverage.notChecked.map { reason in
            JSONValue.members([
                "level": .string("note"), "message": .members(["text": .string("Not checked: \(reason)")]),
            ])
        }
        if !notes.isEmpty { members.append(JSONMember("toolExecutionNotifications", .array(notes))) }
        return .object(members)
    }

    private func result(_ finding: Finding) -> JSONValue {
        let index = Rule.allCases.firstIndex(of: finding.rule) ?? 0
        let size = finding.treeSize.map { "Size \($0): " } ?? ""
        var members = [
            JSONMember("ruleId", .string(finding.rule.rawValue)), JSONMember("ruleIndex", .integer(index)),
            JSONMember("level", .string(finding.severity.sarif)),
            JSONMember(
                "message",
                .members([
                    "text": .string(
                        "\(size)expected \(Printable.text(finding.expected)); found \(Printable.text(finding.found))")
                ])),
        ]
        if let location = location(finding) { members.append(JSONMember("locations", .array([location]))) }
        return .object(members)
    }

    private func location(_ finding: Finding) -> JSONValue? {
        let role: InputFile.Role = finding.rule.isOfLeaves ? .leaves : .heads
        guard let index = inputs.firstIndex(where: { $0.role == role }) else { return nil }
        var place = [
            JSONMember(
                "artifactLocation",
                .members(["uri": .string(Self.reference(inputs[index].name)), "index": .integer(index)]))
        ]
        if let line = finding.line { place.append(JSONMember("region", .members(["startLine": .integer(line)]))) }
        return .members(["physicalLocation": .object(place)])
    }

    /// A file's name as a relative reference (RFC 3986).
    static func reference(_ name: String) -> String {
        var reference = ""
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                reference.unicodeScalars.append(Unicode.Scalar(byte))
            default: reference += "%\(Hex.encode([byte]).uppercased())"
            }
        }
        return reference
    }
}

extension Rule {
    fileprivate var sarif: JSONValue {
        .members([
            "id": .string(rawValue), "shortDescription": .members(["text": .string(documentation)]),
            "defaultConfiguration": .members(["level": .string(severity.sarif)]),
        ])
    }
}

extension Severity {
    fileprivate var sarif: String {
        switch self {
        case .violation: "error"
        case .warning: "warning"
        case .unchecked: "note"
        }
    }
}
