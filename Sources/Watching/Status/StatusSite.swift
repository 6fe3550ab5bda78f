import TransparencyLog

/// The pages, each made from the store when it is asked for.
struct StatusSite: Sendable {
    /// Findings on one page.
    private static let findings = 20
    private static let alerts = 50
    /// Larger files are not read into a page; they can be downloaded.
    private static let longestEvidence = 1 << 20

    let reader: StatusReader

    func overview() async throws -> String {
        OverviewPage(
            statuses: try await reader.all(), own: try await reader.store.openAlerts(of: "", limit: Self.alerts),
            now: reader.now()
        ).html()
    }

    func log(_ name: String?, _ query: [(String, String)]) async throws -> String {
        guard let log = name.flatMap({ reader.log($0) }), let status = try await reader.status(of: log) else {
            throw StatusAPI.NotFound()
        }
        let query = Dictionary(query) { $1 }
        let range = query["range"].flatMap(ChartRange.init) ?? .week
        let before = query["before"].flatMap { Int64($0) }
        let store = reader.store
        // The first sample's next head is the first of all.
        let first = try await store.samples(of: log.logID, at: [0]).first.flatMap { $0.timestamp ?? $0.nextTimestamp }
        let times = range.times(first: first ?? status.now, now: status.now)
        let findings = try await store.findings(
            of: log.logID, rule: nil, page: .init(after: before, limit: Self.findings))
        return LogPage(
            status: status, samples: try await store.samples(of: log.logID, at: times), range: range,
            activity: CosignerActivity(
                log, try await store.newestHeads(of: log.logID, limit: StatusAPI.activityHeads)),
            alerts: try await store.openAlerts(of: log.logID, limit: Self.alerts), findings: findings,
            hasMore: findings.count == Self.findings, isLater: before != nil,
            fork: before == nil ? try await newestFork(of: log) : nil
        ).html()
    }

    private func newestFork(of log: WatchedLog) async throws -> EvidenceView? {
        for item in try await reader.store.proved(of: log.logID, limit: 1) {
            guard let hash = item.stored.evidence, let (_, stored) = try await reader.store.evidence(hash),
                stored.bytes.count <= Self.longestEvidence
            else { continue }
            return try EvidenceView(log, stored)
        }
        return nil
    }

    enum EvidenceAnswer {
        case page(String)
        case file([UInt8], name: String)
    }

    /// `SHA256.json` is the file as it was made; `SHA256` a page about it.
    func evidence(_ name: String?) async throws -> EvidenceAnswer {
        guard let name else { throw StatusAPI.NotFound() }
        let isFile = name.hasSuffix(".json")
        guard let hash = Hex.decode(isFile ? String(name.dropLast(5)) : name).flatMap({ Digest($0) }),
            let (logID, stored) = try await reader.store.evidence(hash)
        else { throw StatusAPI.NotFound() }
        if isFile { return .file(stored.bytes, name: "\(hash.hex.prefix(16)).json") }
        guard let log = reader.log(logID), stored.bytes.count <= Self.longestEvidence else {
            // Of a log that is watched no more there is no pinned key to judge by.
            throw StatusAPI.NotFound()
        }
        return .page(try EvidenceView(log, stored).html())
    }
}
