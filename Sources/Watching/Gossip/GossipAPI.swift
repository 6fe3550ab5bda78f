import TransparencyLog

/// The answers under /gossip/v1/, as `OpenAPIDocument` describes them. All of it is signed by a log or by this watcher, and
/// public.
public struct GossipAPI: Sendable {
    let desk: GossipDesk
    /// The key that vouches here.
    let key: CosignerKey?
    let limiter: SubmissionLimiter
    /// A proxy in front says who submits.
    let isBehindProxy: Bool

    /// More is submitted, by all together, than is judged in a minute.
    struct Busy: Error {}

    func heads() async throws -> JSONValue {
        let heads = try await desk.newestHeads()
        return .object([
            JSONMember("watcher", key.map { .string($0.description) } ?? .null),
            JSONMember(
                "heads",
                .array(
                    try heads.map { logID, json in
                        .object([
                            JSONMember("log_id", .string(logID)),
                            JSONMember("name", .string(desk.logs[logID]?.log.name ?? "")),
                            JSONMember("head", try JSONReader.parse(json)),
                        ])
                    })),
        ])
    }

    /// The verified head of a size, or of the largest one below it.
    func head(_ logID: String?, at size: String?) async throws -> JSONValue {
        let log = try find(logID)
        let query = try StatusQuery([("size", size ?? "")], known: ["size"])
        guard let size = try query.number("size"),
            let json = try await desk.store.verifiedHead(of: log.log.logID, at: size)
        else { throw StatusAPI.NotFound() }
        return try JSONReader.parse(json)
    }

    func evidence() async throws -> JSONValue {
        var entries: [JSONValue] = []
        for logID in desk.logs.keys.sorted() {
            for (conflict, evidence) in try await desk.store.conflicts(of: logID, limit: desk.limits.conflicts) {
                entries.append(
                    .object([
                        JSONMember("log_id", .string(logID)), JSONMember("conflict", .string(conflict.hex)),
                        JSONMember("sha256", .string(evidence.hex)),
                    ]))
            }
        }
        return .object([JSONMember("evidence", .array(entries))])
    }

    func evidence(_ name: String?) async throws -> [UInt8] {
        guard let hash = name.flatMap(Hex.decode).flatMap({ Digest($0) }),
            let bytes = try await desk.store.evidenceFile(hash)
        else { throw StatusAPI.NotFound() }
        return bytes
    }

    /// - Parameter size: nil for the newest that was vouched for.
    func checkpoint(_ logID: String?, at size: String?) async throws -> String {
        let log = try find(logID)
        let query = try StatusQuery(size.map { [("size", $0)] } ?? [], known: ["size"])
        let size = try query.number("size")
        guard let key, let note = try await desk.store.voucher(key, logID: log.log.logID, treeSize: size) else {
            throw StatusAPI.NotFound()
        }
        return note
    }

    /// Heads that somebody was shown: what they are beside those verified here.
    func submit(_ body: [UInt8]) async throws -> JSONValue {
        let value: JSONValue
        do {
            value = try JSONReader.parse(
                body, maximumBytes: desk.limits.submissionBytes, maximumDepth: JSONReader.envelopeDepth)
        } catch {
            throw StatusQuery.Invalid(message: "no JSON: \(error)")
        }
        guard let heads = value["heads"]?.elements, (1...desk.limits.submissionHeads).contains(heads.count) else {
            throw StatusQuery.Invalid(message: "heads: must be 1 to \(desk.limits.submissionHeads) heads")
        }
        let log = try find(value["log_id"]?.text?.description)
        guard limiter.allows(more: heads.count - 1) else { throw Busy() }
        var results: [JSONValue] = []
        for head in heads {
            let answer = try await log.compare(head.bytes(), from: "submission", desk.store, desk.limits)
            desk.metrics.submitted(answer)
            results.append(.object([JSONMember("answer", .string(answer.rawValue))]))
        }
        let newest = try await desk.store.newestVerified(of: [log.log.logID]).first
        let proofs = try await desk.store.conflicts(of: log.log.logID, limit: desk.limits.conflicts)
        return .object([
            JSONMember("log_id", .string(log.log.logID)), JSONMember("results", .array(results)),
            JSONMember("newest", try newest?.head.raw.map { try JSONReader.parse($0) } ?? .null),
            JSONMember("evidence", .array(proofs.map { .string($0.evidence.hex) })),
        ])
    }

    private func find(_ logID: String?) throws(StatusAPI.NotFound) -> LogWatcher {
        guard let log = logID.flatMap({ desk.logs[$0] }) else { throw StatusAPI.NotFound() }
        return log
    }
}
