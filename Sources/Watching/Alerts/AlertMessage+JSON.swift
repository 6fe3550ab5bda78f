import TransparencyLog

extension AlertMessage {
    /// As docs/schemas/nexo-alert-v1.json describes it: what webhooks and commands get.
    var json: JSONValue {
        func text(_ name: String, _ value: String) -> JSONMember { JSONMember(name, .string(value)) }
        func time(_ name: String, _ value: UInt64?) -> JSONMember {
            JSONMember(name, value.map { .integer($0) } ?? .null)
        }
        func optional(_ name: String, _ value: String?) -> JSONMember {
            JSONMember(name, value.map { .string($0) } ?? .null)
        }
        let log: JSONValue =
            alert.logID.isEmpty ? .null : .object([text("name", alert.logName), text("log_id", alert.logID)])
        let acknowledgement: JSONValue =
            alert.acknowledgement.map {
                .object([time("at", $0.at), text("by", $0.by), text("note", $0.note)])
            } ?? .null
        return .object([
            text("format", "nexo-alert/v1"), text("tool", "nexo-watch/\(ToolVersion.current)"),
            JSONMember("test", .bool(isTest)), JSONMember("id", .integer(Int(alert.id))),
            text("fingerprint", alert.fingerprint.hex), JSONMember("revision", .integer(Int(alert.revision))),
            text("state", alert.state.rawValue), text("kind", alert.kind.rawValue),
            text("severity", alert.severity.rawValue), text("summary", alert.kind.documentation),
            JSONMember("log", log), optional("sink", alert.subject.isEmpty ? nil : alert.subject),
            text("detail", alert.detail), JSONMember("count", .integer(Int(alert.count))),
            JSONMember("findings", .array(items.map(\.json))),
            time("opened_at", alert.openedAt), time("updated_at", alert.updatedAt), time("closed_at", alert.closedAt),
            JSONMember("acknowledgement", acknowledgement), optional("acknowledge", acknowledge),
        ])
    }
}

extension AlertMessage.Item {
    fileprivate var json: JSONValue {
        let evidence: JSONValue =
            evidence.map {
                .object([
                    JSONMember("path", .string($0.path)), JSONMember("sha256", .string($0.sha256.hex)),
                    JSONMember("check", .string($0.check)), JSONMember("on_disk", .bool($0.isOnDisk)),
                ])
            } ?? .null
        return .object([
            JSONMember("tree_size", finding.treeSize.map { .integer($0) } ?? .null),
            JSONMember("expected", .string(finding.expected)), JSONMember("found", .string(finding.found)),
            JSONMember("evidence", evidence),
        ])
    }
}
