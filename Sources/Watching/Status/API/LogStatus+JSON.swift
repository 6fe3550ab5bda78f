public import TransparencyLog

extension LogStatus {
    /// An entry of /api/v1/logs, and of `nexo-watch status --json`.
    public var json: JSONValue { .object(members) }

    var members: [JSONMember] {
        let position = position
        let policy = log.verifier.trust.policy
        func optional(_ value: UInt64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        func ifHead(_ value: JSONValue) -> JSONValue { hasHead ? value : .null }
        return [
            JSONMember("name", .string(log.name)), JSONMember("log_id", .string(log.logID)),
            JSONMember("url", .string(log.publicURL)), JSONMember("health", .string(health.rawValue)),
            JSONMember("reason", .string(reason)), JSONMember("assurance", .string(position.assurance.rawValue)),
            JSONMember("tree_size", ifHead(.integer(position.verifiedSize))),
            JSONMember("seen_tree_size", .integer(position.seenSize)),
            JSONMember("head_hash", position.verifiedHash.map { .string($0.base64) } ?? .null),
            JSONMember("root", stored?.root.map { .string($0.base64) } ?? .null),
            JSONMember("head_timestamp", ifHead(.integer(position.verifiedTimestamp))),
            JSONMember("head_age_seconds", optional(headAge)),
            JSONMember("max_head_age_seconds", log.maxHeadAge.map { .integer($0) } ?? .null),
            JSONMember("is_frozen", .bool(log.frozen != nil)),
            JSONMember("verified_heads", .integer(Int(position.verifiedCount))),
            JSONMember("leaves_read", .integer(position.leafCount)),
            JSONMember(
                "quorum",
                .object([
                    JSONMember("t", .integer(policy.t)), JSONMember("n", .integer(policy.n)),
                    JSONMember("signers", .array((stored?.signers ?? []).map { .string($0) })),
                ])),
            JSONMember(
                "open_alerts",
                .object(
                    Severity.allCases.map { JSONMember($0.rawValue, .integer(stored?.openAlerts[$0] ?? 0)) })),
            JSONMember("last_success_at", optional(poll?.successAt)),
            JSONMember("last_failure_at", optional(poll?.failureAt)),
            JSONMember("last_failure", poll.map { $0.failure.isEmpty ? .null : .string($0.failure) } ?? .null),
        ]
    }
}
