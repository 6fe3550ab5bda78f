import TransparencyLog

/// The answers under /api/v1/, as `OpenAPIDocument` describes them.
struct StatusAPI: Sendable {
    /// Newest heads that a cosigner's activity is counted over.
    static let activityHeads = 1_000

    let reader: StatusReader

    func logs(_ query: [(String, String)]) async throws -> JSONValue {
        _ = try StatusQuery(query, known: [])
        return .object([JSONMember("logs", .array(try await reader.all().map { $0.json }))])
    }

    func log(_ name: String?, _ query: [(String, String)]) async throws -> JSONValue {
        _ = try StatusQuery(query, known: [])
        let log = try find(name)
        guard let status = try await reader.status(of: log) else { throw NotFound() }
        let activity = CosignerActivity(
            log, try await reader.store.newestHeads(of: log.logID, limit: Self.activityHeads))
        let cosigners = activity.rows.map { row in
            JSONValue.object([
                JSONMember("id", .string(row.id)), JSONMember("signed", .integer(row.signed)),
                JSONMember("last_signed_at", row.last.map { .integer($0) } ?? .null),
            ])
        }
        return .object(
            status.members + [
                JSONMember("cosigners_over_heads", .integer(activity.heads)),
                JSONMember("cosigners", .array(cosigners)),
            ])
    }

    func heads(_ name: String?, _ query: [(String, String)]) async throws -> JSONValue {
        let query = try StatusQuery(query, known: ["tree_size", "cursor", "limit"])
        let log = try find(name)
        let page = try query.headPage()
        let items = try await reader.store.heads(
            of: log.logID, treeSize: try query.number("tree_size"), page: page)
        let next = items.count == page.limit ? items.last.map { JSONValue.string($0.cursor.text) } : nil
        return .object([
            JSONMember("heads", .array(try items.map { try $0.json() })), JSONMember("next_cursor", next ?? .null),
        ])
    }

    func findings(_ name: String?, _ query: [(String, String)]) async throws -> JSONValue {
        let query = try StatusQuery(query, known: name == nil ? ["cursor", "limit"] : ["rule", "cursor", "limit"])
        let page = try query.page()
        let items = try await reader.store.findings(
            of: name == nil ? nil : find(name).logID, rule: try query.rule(), page: page)
        return .object([
            JSONMember("findings", .array(items.map { $0.json })),
            Self.next(items.last?.id, items.count, page),
        ])
    }

    func alerts(_ query: [(String, String)]) async throws -> JSONValue {
        let query = try StatusQuery(query, known: ["state", "cursor", "limit"])
        guard let onlyOpen = ["open": true, "all": false][query["state"] ?? "open"] else {
            throw StatusQuery.Invalid(message: "state: must be open or all")
        }
        let page = try query.page()
        let items = try await reader.store.alerts(onlyOpen: onlyOpen, page: page)
        return .object([
            JSONMember("alerts", .array(items.map { $0.json })),
            Self.next(items.last?.id, items.count, page),
        ])
    }

    struct NotFound: Error {}

    private func find(_ name: String?) throws(NotFound) -> WatchedLog {
        guard let log = name.flatMap({ reader.log($0) }) else { throw NotFound() }
        return log
    }

    /// A full page may have another one behind it.
    private static func next(_ id: Int64?, _ count: Int, _ page: StatusPage<Int64>) -> JSONMember {
        JSONMember("next_cursor", count == page.limit ? id.map { .string(String($0)) } ?? .null : .null)
    }
}
