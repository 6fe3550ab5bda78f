import TransparencyLog

/// The least that a JSON report must be; docs/schemas/nexo-report-v1.json says the rest.
enum ReportShape {
    private enum Kind {
        case string, integer, array, object
    }

    private static let members: KeyValuePairs<String, Kind> = [
        "tool": .object, "summary": .string, "log": .object, "scope": .object, "inputs": .array, "trust": .object,
        "rules": .array, "freshness": .object, "cosigners": .array, "findings": .object, "controls": .array,
        "series": .array, "disclaimer": .string,
    ]

    /// - Returns: what is wrong; nil if nothing is.
    static func fault(in report: JSONValue) -> String? {
        guard report.text("format") == ComplianceReport.format else {
            return "format: must be \"\(ComplianceReport.format)\""
        }
        guard let verdict = report.text("verdict"), AuditReport.Verdict(rawValue: verdict) != nil else {
            return "verdict: must be clean, violation or incomplete"
        }
        for (name, kind) in members {
            let value = report.member(name)
            let isRight =
                switch kind {
                case .string: value?.text != nil
                case .integer: value?.plainInteger != nil
                case .array: value?.elements != nil
                case .object: value?.members != nil
                }
            if !isRight { return "\(name): is missing or of another kind" }
        }
        return nil
    }
}

extension JSONValue {
    func member(_ name: String) -> JSONValue? {
        members?.first { $0.name == JSONText(name) }?.value
    }

    func text(_ name: String) -> String? { member(name)?.text?.description }
}
