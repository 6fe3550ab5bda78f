import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import NIOCore
import Telemetry
import TransparencyLog

@testable import Watching

/// The site over a real database, asked through its router: guard, pages and API as they are served.
struct SiteHarness: Sendable {
    let reader: StatusReader
    let registry: PrometheusRegistry
    let readiness = Readiness()
    var access: StatusAccess
    /// Tests share two threads with all others, and may wait long for them.
    var timeLimit = Duration.seconds(600)

    init(
        _ configuration: WatchConfiguration, registry: PrometheusRegistry = PrometheusRegistry(),
        now: UInt64 = 1_700_001_000
    ) throws {
        self.registry = registry
        access = try StatusAccess(configuration)
        reader = StatusReader(
            logs: try configuration.watchedLogs(), store: try SQLiteStatus(path: configuration.store), now: { now })
    }

    func run(_ body: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        let source = StatusServer.Source(registry: registry, readiness: readiness, reader: { [reader] in reader })
        let router = StatusServer.router(source, { [access] in access }, TimeLimit(limit: timeLimit))
        try await Application(router: router).test(.router) { try await body($0) }
    }
}

extension TestClientProtocol {
    func get(_ uri: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get) async throws -> TestResponse
    {
        try await execute(uri: uri, method: method, headers: headers)
    }

    func json(_ uri: String) async throws -> JSONValue {
        let response = try await get(uri)
        guard response.status == .ok else { throw UnexpectedStatus(uri: uri, status: response.status.code) }
        return try JSONReader.parse(response.body.readableBytesView)
    }

    func text(_ uri: String) async throws -> String { String(buffer: try await get(uri).body) }
}

struct UnexpectedStatus: Error {
    let uri: String
    let status: Int
}

extension SiteHarness {
    /// An honest log of size 6 that was polled once.
    static func honest(
        _ body: @Sendable @escaping (ScriptedServer, WatchHarness, WatchConfiguration, TestLog) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", log.trust(), "")], maxHeadAge: 86_400)
            server.answer(log.script())
            _ = try await harness.poll(configuration)
            try await body(server, harness, configuration, log)
        }
    }

    /// A log that forked at size 5, with what its watcher stored; the server is gone again.
    static func forked(_ body: @Sendable @escaping (WatchHarness, WatchConfiguration, TestLog) async throws -> Void)
        async throws
    {
        try await honest { server, harness, configuration, log in
            var forked = log.prefix(4)
            forked.register("another")
            try forked.publish { $0.signers = [1, 2] }
            server.answer(forked.script())
            _ = try await harness.poll(configuration)
            try await body(harness, configuration, log)
        }
    }
}
