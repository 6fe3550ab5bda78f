import Pages
import TransparencyLog

/// The forms that people and scripts read.
extension HeadInspection {
    /// The form for people, ending in a newline.
    public func text() -> String {
        var lines = [
            "head of size \(head.treeSize)", "  root       \(head.root)", "  prev_hash  \(head.predecessor)",
            "  timestamp  \(head.timestamp), \(UTCTime.text(head.timestamp))", "  policy     \(policy)",
        ]
        let others = head.unknownMembers.map(Quoted.text)
        if !others.isEmpty {
            lines.append("  members    \(others.joined(separator: ", ")): not of the protocol, but covered by the hash")
        }
        for form in canonical {
            let pinned = form.dialect == trust?.canonical ? ", pinned" : ""
            lines.append("canonical form in the dialect \(form.dialect.rawValue)\(pinned)")
            if let bytes = form.bytes, let hash = form.hash {
                lines.append("  bytes      \(Printable.text(String(decoding: bytes, as: UTF8.self), limit: .max))")
                lines.append("  hash       \(hash)")
            } else {
                lines.append("  none       \(form.problem ?? "")")
            }
        }
        lines.append("signatures: \(head.signatures.count)")
        for signature in signatures {
            lines.append("  \(Printable.text(signature.name, limit: 80)): \(explain(signature.verdict))")
        }
        if head.signatures.count > signatures.count {
            lines.append("  and \(head.signatures.count - signatures.count) more, not shown")
        }
        lines.append(quorum)
        for finding in findings { lines.append("  \(Printable.text(finding.text))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private var policy: String {
        let stated = head.policy?.description ?? "not stated"
        guard let trust else { return stated }
        return head.policy == trust.policy ? "\(stated), as pinned" : "\(stated); pinned \(trust.policy)"
    }

    private func explain(_ verdict: SignatureVerdict) -> String {
        switch verdict {
        case .valid: "valid"
        case .validOnly(let dialect):
            "does not verify, but does under the dialect \(dialect.rawValue): see \"canonical\" in the trust file"
        case .invalid: "does not verify"
        case .unreadable: "cannot be read: sig is not the strict base64 of 64 bytes"
        case .outsideWindows: "outside the windows of this cosigner's keys at size \(head.treeSize)"
        case .unknownCosigner: "not a pinned cosigner"
        case .notChecked: "not checked"
        }
    }

    private var quorum: String {
        guard let trust, let signers else { return "quorum: not checked, since no trust file is given (--trust)" }
        let names = signers.isEmpty ? "none" : Printable.text(signers.joined(separator: ", "), limit: .max)
        return "quorum: \(hasQuorum == true ? "yes" : "no"), \(trust.policy.t) of \(trust.policy.n) are needed; "
            + "signed by \(names)"
    }

    /// The stable JSON form, ending in a newline.
    public func json() -> String {
        let forms = canonical.map { form in
            JSONMember(
                form.dialect.rawValue,
                .object([
                    JSONMember("bytes", form.bytes.map { .string(JSONText(utf8: $0)) } ?? .null),
                    JSONMember("hash", form.hash.map { .string($0.base64) } ?? .null),
                ]))
        }
        let value = JSONValue.object([
            JSONMember("format", .string(Self.format)), JSONMember("tree_size", .integer(head.treeSize)),
            JSONMember("root", .string(head.root.base64)), JSONMember("timestamp", .integer(head.timestamp)),
            JSONMember("prev_hash", head.value["prev_hash"] ?? .null),
            JSONMember("policy", head.value["policy"] ?? .null),
            JSONMember("unknown_members", .array(head.unknownMembers.map { .string($0) })),
            JSONMember("canonical", .object(forms)),
            JSONMember("pinned", pinned),
            JSONMember("signatures_count", .integer(head.signatures.count)),
            JSONMember("signatures", .array(signatures.map(\.json))),
            JSONMember("signers", signers.map { .array($0.map { .string($0) }) } ?? .null),
            JSONMember("quorum", hasQuorum.map { .bool($0) } ?? .null),
            JSONMember("findings", .array(findings.map(\.json))),
        ])
        return value.serialized() + "\n"
    }

    private var pinned: JSONValue {
        guard let trust else { return .null }
        return .object([
            JSONMember("log_id", .string(trust.logID)), JSONMember("canonical", .string(trust.canonical.rawValue)),
            JSONMember(
                "policy",
                .object([JSONMember("t", .integer(trust.policy.t)), JSONMember("n", .integer(trust.policy.n))])),
        ])
    }
}

extension HeadInspection.Signature {
    var name: String { cosigner ?? "an entry without a cosigner's name" }

    var json: JSONValue {
        let (verdict, dialect): (String, String?) =
            switch self.verdict {
            case .valid: ("valid", nil)
            case .validOnly(let dialect): ("valid-under-other-dialect", dialect.rawValue)
            case .invalid: ("invalid", nil)
            case .unreadable: ("unreadable", nil)
            case .outsideWindows: ("outside-windows", nil)
            case .unknownCosigner: ("unknown-cosigner", nil)
            case .notChecked: ("not-checked", nil)
            }
        return .object([
            JSONMember("cosigner", cosigner.map { .string($0) } ?? .null), JSONMember("verdict", .string(verdict)),
            JSONMember("dialect", dialect.map { .string($0) } ?? .null),
        ])
    }
}
