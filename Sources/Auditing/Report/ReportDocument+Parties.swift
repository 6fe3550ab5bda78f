import Pages
import TransparencyLog

/// Who signed, what the report rests on, and what it may be used for.
extension ReportDocument {
    static func cosigners(_ report: ComplianceReport) -> [Block] {
        let rows = report.statistics.cosigners.map { cosigner in
            [
                Cell.text(cosigner.id), .number(cosigner.signed), .number(cosigner.missed),
                Cell(text: String(cosigner.invalid), tone: cosigner.invalid > 0 ? .bad : .plain, isNumber: true),
                .number(cosigner.longestStreak),
            ]
        }
        return [
            .section("Quorum health"),
            .paragraph(
                "\(report.statistics.quorumHeads) of \(report.audit.headsChecked) heads reached the quorum of "
                    + "\(report.trust.policy.t). A streak is of heads without a valid signature by the cosigner."),
            .table(
                Table(headings: ["Cosigner", "Signed", "Missed", "Invalid", "Longest streak without"], rows: rows)),
        ]
    }

    static func keys(_ report: ComplianceReport) -> [Block] {
        let rows = zip(report.trust.cosigners, report.statistics.keys).map { entry, use in
            let until = entry.untilTreeSize.map { "to \($0)" } ?? "on"
            let seen = use.last.map { "size \($0.treeSize), \(UTCTime.text($0.timestamp))" }
            return [
                Cell.text(entry.id), .code(ComplianceReport.fingerprint(entry.publicKey)),
                .text("size \(entry.fromTreeSize) \(until)"), .number(use.heads),
                .text(seen ?? "never", seen == nil ? .muted : .plain),
            ]
        }
        let rotations = report.rotations.map {
            "At size \($0.treeSize), \($0.cosigner) changes from key \($0.from) to \($0.to)."
        }
        return [
            .section("Pinned keys and rotations"),
            .table(
                Table(headings: ["Cosigner", "Key fingerprint", "Window", "Heads signed", "Last signed"], rows: rows)),
        ] + (rotations.isEmpty ? ["No key was rotated."] : rotations).map { .paragraph($0) }
    }

    static func controls(_ report: ComplianceReport) -> [Block] {
        let rows = report.controls.map { row in
            let failed = row.failed.map(\.rawValue).joined(separator: ", ")
            func rest(_ name: String, _ rules: [Rule]) -> String {
                rules.isEmpty ? "" : "; \(name): \(rules.map(\.rawValue).joined(separator: ", "))"
            }
            let open = rest("not checked", row.notChecked) + (row.detects ? "" : rest("with warnings", row.warned))
            let detected = row.failed.isEmpty ? "" : "; detected: \(failed)"
            let support: Cell =
                switch row.support {
                case .supports: .text("supports evidence for it\(detected)", .good)
                case .contradicts: .text("speaks against it: \(failed)", .bad)
                case .partly: .text("supports it in part\(detected)\(open)", .warn)
                }
            return [
                Cell.text(row.framework), .text("\(row.control) \(row.title)"), support,
                .text("\(row.detects ? "Where checked" : "If all pass"): \(row.statement)."),
                .text(row.rules.map(\.rawValue).joined(separator: ", ")),
            ]
        }
        return [
            .section("Controls that these results support evidence for"), .paragraph(ComplianceReport.disclaimer),
            .table(
                Table(
                    headings: ["Framework", "Control", "This report", "What the results show", "Rules"],
                    rows: rows)),
        ]
    }

    static func inputs(_ report: ComplianceReport) -> [Block] {
        let rows = report.inputs.map { input in
            [Cell.text(input.role.rawValue), .text(input.name), .number(input.bytes), .code(input.sha256.hex)]
        }
        return [
            .section("Inputs"),
            .paragraph(
                "The same files and the same version of nexo-audit give this report again, byte for byte. Compare the "
                    + "hashes with sha256sum."),
            .table(Table(headings: ["Role", "File", "Bytes", "SHA-256"], rows: rows)),
        ]
    }
}
