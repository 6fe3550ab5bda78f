import TransparencyLog

extension FindingItem {
    var json: JSONValue {
        let finding = stored.finding
        return .object([
            JSONMember("id", .integer(Int(id))), JSONMember("log", .string(name)),
            JSONMember("log_id", .string(logID)), JSONMember("rule", .string(finding.rule.rawValue)),
            JSONMember("severity", .string(finding.severity.rawValue)),
            JSONMember("tree_size", finding.treeSize.map { .integer($0) } ?? .null),
            JSONMember("expected", .string(finding.expected)), JSONMember("found", .string(finding.found)),
            JSONMember("evidence_sha256", stored.evidence.map { .string($0.hex) } ?? .null),
            JSONMember("found_at", .integer(stored.at)), JSONMember("alert", alert.map { .integer(Int($0)) } ?? .null),
        ])
    }
}

extension StoredAlert {
    var json: JSONValue {
        func optional(_ value: UInt64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return .object([
            JSONMember("id", .integer(Int(id))), JSONMember("log", .string(logName)),
            JSONMember("log_id", .string(logID)), JSONMember("kind", .string(kind.rawValue)),
            JSONMember("subject", .string(subject)), JSONMember("severity", .string(severity.rawValue)),
            JSONMember("state", .string(state.rawValue)), JSONMember("findings", .integer(Int(count))),
            JSONMember("detail", .string(detail)), JSONMember("opened_at", .integer(openedAt)),
            JSONMember("updated_at", .integer(updatedAt)), JSONMember("closed_at", optional(closedAt)),
            JSONMember("acknowledged_at", optional(acknowledgement?.at)),
            JSONMember("acknowledged_by", acknowledgement.map { .string($0.by) } ?? .null),
            JSONMember("note", acknowledgement.map { .string($0.note) } ?? .null),
        ])
    }
}

extension HeadItem {
    func json() throws -> JSONValue {
        // Retention keeps the JSON of checkpoints alone.
        let value = try raw.map { raw in
            guard let value = try? JSONReader.parse(raw) else { throw DamagedStore("head_json") }
            return value
        }
        return .object([
            JSONMember("tree_size", .integer(head.known.treeSize)),
            JSONMember("hash", .string(head.known.hash.base64)), JSONMember("root", .string(head.known.root.base64)),
            JSONMember("timestamp", .integer(head.known.timestamp)), JSONMember("state", .string("\(head.state)")),
            JSONMember("signers", .array(head.known.signers.sorted().map { .string($0) })),
            JSONMember("seen_at", .integer(head.seenAt)), JSONMember("head", value ?? .null),
        ])
    }
}

extension HeadCursor {
    var text: String { "\(treeSize)-\(signers)-\(id)" }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ (1...18).contains($0.utf8.count) }),
            let treeSize = UInt64(parts[0]), let signers = Int(parts[1]), let id = Int64(parts[2]),
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        self.init(treeSize: treeSize, signers: signers, id: id)
    }
}
