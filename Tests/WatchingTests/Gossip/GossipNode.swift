import Foundation
import HostileLog
import Logging
import ServiceLifecycle
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// A watcher on an address of its own, with its own database, served over real HTTP.
final class GossipNode: Sendable {
    let name: String
    let address: String
    let harness: WatchHarness
    private let state = Mutex<(watcher: Watcher?, url: String, isReachable: Bool)>((nil, "", true))

    init(_ name: String, address: String, log url: String) throws {
        self.name = name
        self.address = address
        harness = try WatchHarness(url: url)
    }

    var url: String { state.withLock { $0.url } }
    var watcher: Watcher? { state.withLock { $0.watcher } }

    /// Cuts the node off from those who ask it, or lets them in again.
    func setReachable(_ isReachable: Bool) { state.withLock { $0.isReachable = isReachable } }

    func configuration(_ log: TestLog, leaves: Bool) throws -> WatchConfiguration {
        var configuration = try harness.configuration([("log", log.trust(), "")], leaves: leaves)
        configuration.listen = "\(address):0"
        configuration.vantages = [VantageTests.vantage("own") { $0.interface = address }]
        return configuration
    }

    /// Starts a watcher on what is stored, as after a restart.
    func start(
        _ log: TestLog, leaves: Bool, peers: [(String, String)], now: UInt64 = 1_700_001_000,
        _ change: (inout WatchConfiguration.Gossip) -> Void = { _ in }
    ) throws {
        kill()
        var configuration = try configuration(log, leaves: leaves)
        var gossip = WatchConfiguration.Gossip()
        gossip.peers = peers.map { .init(name: $0.0, url: $0.1) }
        change(&gossip)
        configuration.gossip = gossip
        let watcher = try Watcher(
            configuration: configuration, registry: harness.registry, logger: harness.logger, readiness: Readiness(),
            now: { now })
        state.withLock { $0.watcher = watcher }
    }

    func kill() {
        let watcher = state.withLock { state in
            defer { state.watcher = nil }
            return state.watcher
        }
        watcher?.stop()
    }

    /// Serves while `body` runs; a node that is killed, or cut off, does not answer its peers.
    func serve(
        _ log: TestLog, logger: Logger? = nil, status change: (inout WatchConfiguration.Status) -> Void = { _ in },
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        var configuration = try configuration(log, leaves: false)
        configuration.status.requestTimeout = .seconds(300)
        change(&configuration.status)
        // So that there is a database to read.
        _ = try SQLiteStore(path: configuration.store)
        let reader = StatusReader(
            logs: try configuration.watchedLogs(), store: try SQLiteStatus(path: configuration.store), now: { 0 })
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var quiet = Logger(label: "server")
        quiet.logLevel = .critical
        let access = try StatusAccess(configuration)
        let server = try StatusServer.application(
            configuration, access: { access },
            source: .init(
                registry: harness.registry, readiness: Readiness(), reader: { reader },
                gossip: { [self] in state.withLock { $0.isReachable ? $0.watcher?.gossip : nil } }),
            logger: logger ?? quiet, onRunning: { listening.yield($0) })
        let services = ServiceGroup(configuration: .init(services: [server], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            state.withLock { $0.url = "http://\(address):\(port)" }
            // A server that were cancelled would drop connections with their writers open, which ends the process.
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            try result.get()
        }
    }

    @discardableResult
    func poll() async -> [LogReport] { await watcher?.runOnce() ?? [] }

    /// One round with each peer.
    ///
    /// - Returns: the names of those with whom it failed.
    @discardableResult
    func gossip() async throws -> [String] {
        guard let service = watcher?.gossipService else { return [] }
        var failed: [String] = []
        for peer in service.peers {
            do { try await service.round(with: peer) } catch is FetchError { failed.append(peer.name) }
        }
        let desk = service.desk
        for log in desk.logs.values { try await desk.settleHeard(log, desk.limits) }
        return failed
    }

    func expectGossip(failing names: [String] = [], at location: SourceLocation = #_sourceLocation) async throws {
        let failed = try await gossip()
        #expect(failed == names, sourceLocation: location)
    }

    /// What is proved by the evidence that is held here.
    func conflicts(_ log: TestLog) async throws -> Set<Digest> {
        guard let desk = watcher?.gossipService?.desk else { return [] }
        return Set(try await desk.store.conflicts(of: try log.trust().logID, limit: 100).map(\.conflict))
    }

    func rules(_ log: TestLog) async throws -> Set<Rule> {
        let store = try SQLiteStore(path: harness.store)
        return Set(try await store.findings(of: try log.trust().logID).map(\.finding.rule))
    }

    func heard(_ log: TestLog) async throws -> Int {
        try await watcher?.gossipService?.desk.store.heard(of: try log.trust().logID).count ?? 0
    }

    /// A counter of gossip, by the labels in their order.
    func count(_ name: String, _ labels: String) -> Double {
        harness.registry.render().split(separator: "\n").first { $0.hasPrefix("nexo_watch_\(name){\(labels)}") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? -1
    }

    /// Three watchers, each at an address of its own, with a log that may answer by the address.
    static func three(
        _ log: TestLog, _ server: ScriptedServer, _ url: String,
        _ body: @Sendable @escaping ([GossipNode]) async throws -> Void
    ) async throws {
        let nodes = try [("a", "127.0.0.2"), ("b", "127.0.0.3"), ("c", "127.0.0.4")].map {
            try GossipNode($0.0, address: $0.1, log: url)
        }
        try await nodes[0].serve(log) {
            try await nodes[1].serve(log) {
                try await nodes[2].serve(log) {
                    try await body(nodes)
                    for node in nodes { node.kill() }
                }
            }
        }
    }
}
