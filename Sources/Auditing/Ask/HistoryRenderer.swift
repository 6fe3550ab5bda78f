import Pages
import TransparencyLog

/// The forms that people and scripts read.
extension History {
    /// The form for people, ending in a newline.
    public func text() -> String {
        let changes = keyChanges == 0 ? "" : ", key changed \(keyChanges == 1 ? "once" : "\(keyChanges) times")"
        let count = "\(entries.count) registration\(entries.count == 1 ? "" : "s")"
        var lines = ["\(Quoted.text(id)): \(count)\(changes), in \(leavesRead) leaves"]
        for entry in entries {
            lines.append(
                "  index \(entry.index), from size \(entry.index + 1): key "
                    + "\(Base64.encode(entry.registration.publicKey)), timestamp \(entry.registration.timestamp)")
            lines.append("    leaf \(entry.leafHash)")
            if let proof = entry.proof {
                lines.append("    included in size \(proof.treeSize), path length \(proof.path.count)")
            }
        }
        if let head {
            lines.append(
                "  proved against: size \(head.head.treeSize), root \(head.head.root), line \(head.line), "
                    + "signed by \(head.signers.joined(separator: ", "))")
        }
        for reason in notChecked { lines.append("  not checked: \(reason)") }
        for finding in findings { lines.append("  \(Printable.text(finding.text))") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The stable JSON form, ending in a newline.
    public func json() -> String {
        let value = JSONValue.object([
            JSONMember("format", .string(Self.format)), JSONMember("id", .string(id)),
            JSONMember("leaves_read", .integer(leavesRead)), JSONMember("key_changes", .integer(keyChanges)),
            JSONMember("registrations", .array(entries.map(\.json))),
            JSONMember("head", head?.head.value ?? .null),
            JSONMember("findings", .array(findings.map(\.json))),
            JSONMember("not_checked", .array(notChecked.map { .string($0) })),
        ])
        return value.serialized() + "\n"
    }
}

extension History.Entry {
    var json: JSONValue {
        .object([
            JSONMember("index", .integer(index)), JSONMember("tree_size", .integer(index + 1)),
            JSONMember("public_key", .string(Base64.encode(registration.publicKey))),
            JSONMember("timestamp", .integer(registration.timestamp)),
            JSONMember("leaf_hash", .string(leafHash.base64)), JSONMember("line", .integer(line)),
            JSONMember("byte_offset", .integer(byteOffset)),
            JSONMember(
                "inclusion",
                proof.map { proof in
                    .object([
                        JSONMember("tree_size", .integer(proof.treeSize)),
                        JSONMember("path", .array(proof.path.map { .string($0.base64) })),
                    ])
                } ?? .null),
        ])
    }
}
