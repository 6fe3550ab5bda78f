import Foundation
import HostileLog
import Logging
import Synchronization
import Telemetry
import TransparencyLog

@testable import Watching

/// Alerts without a log: a real store, fed with steps.
final class AlertFixture: Sendable {
    /// For receivers on a busy machine: whoever is not waited for is told twice.
    static let patience = Duration.seconds(300)
    static let logID = String(repeating: "a", count: 64)

    let folder: ScratchFolder
    let registry = PrometheusRegistry()
    let clock = Mutex<UInt64>(1_700_000_000)
    let lines = Mutex<[String]>([])

    init() throws { folder = try ScratchFolder() }

    var path: String { folder.url.appending(path: "watch.db").path }

    func store() throws -> SQLiteStore { try SQLiteStore(path: path) }

    /// As a process of its own has it.
    var turn: DeliveryTurn { DeliveryTurn(beside: path, logger: logger) }

    func advance(_ seconds: UInt64) { clock.withLock { $0 += seconds } }

    var logger: Logger {
        Logger(label: "test") { [self] label in
            JSONLogHandler(label: label) { line in self.lines.withLock { $0.append(line) } }
        }
    }

    /// The service as the watcher has it, just started.
    func service(
        _ store: SQLiteStore, _ sinks: [WatchConfiguration.Sink], grace: Duration = SinkQueue.Policy.grace,
        _ change: (inout WatchConfiguration) -> Void = { _ in }
    ) async throws -> AlertService {
        var configuration = WatchConfiguration(
            listen: "127.0.0.1:0", store: path, evidence: folder.url.appending(path: "evidence").path,
            interval: .seconds(1), logs: [])
        configuration.alerts.sinks = sinks
        configuration.alerts.onceTimeout = Self.patience
        configuration.alerts.retryFirst = .milliseconds(10)
        configuration.alerts.retryMax = .milliseconds(40)
        change(&configuration)
        let service = try AlertService(
            configuration, logs: [], store: store, registry: registry, watchMetrics: WatchMetrics(registry: registry),
            logger: logger, grace: grace, now: { [self] in clock.withLock { $0 } })
        try await service.prepare()
        return service
    }

    /// Commits findings as a poll does, and has them announced.
    func find(
        _ store: SQLiteStore, _ rule: Rule, _ sizes: [UInt64], evidence: [UInt8]? = nil,
        resolves: Set<Rule> = [], announced: Bool = true
    ) async throws {
        var step = PollStep(
            logID: Self.logID, name: "log", expected: try await store.position(of: Self.logID))
        step.at = clock.withLock { $0 }
        step.resolves = resolves
        let proof = evidence.map { StoredEvidence(kind: .sameSizeDifferentRoot, bytes: $0) }
        step.evidence = [proof].compactMap { $0 }
        step.findings = sizes.map {
            StoredFinding(
                Finding(rule, treeSize: $0, expected: "one", found: "another"), subject: [], evidence: proof?.hash,
                at: step.at)
        }
        let new = try await store.commit(step)
        if announced { try await store.markAnnounced(new, logID: Self.logID) }
    }

    static func webhook(_ name: String, _ url: String, secretFile: String? = nil) -> WatchConfiguration.Sink {
        .init(
            name: name, target: .webhook(.init(address: .url(url), secretFile: secretFile)), timeout: patience)
    }
}

extension Receiver {
    /// The messages as JSON.
    var alerts: [JSONValue] {
        get throws { try received.map { try JSONReader.parse($0.body) } }
    }

    /// Fingerprint and revision of each message.
    var keys: [String] { received.map { $0["Idempotency-Key"] ?? "" } }
}
