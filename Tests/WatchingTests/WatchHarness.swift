import Foundation
import HostileLog
import Logging
import Synchronization
import Telemetry
import TransparencyLog

@testable import Watching

/// A watcher with real HTTP, a real database and an own folder. Every poll is by a watcher that was just started, so
/// whatever must survive a restart is tested on the way.
final class WatchHarness: Sendable {
    let folder: ScratchFolder
    let url: String
    let registry = PrometheusRegistry()
    /// The log lines of all watchers.
    let lines = Mutex<[String]>([])
    /// Seconds that a request may take: long, since a test's server shares two threads with all other tests.
    let timeout: Int

    init(url: String, timeout: Int = 300) throws {
        self.timeout = timeout
        folder = try ScratchFolder()
        self.url = url
    }

    var store: String { folder.url.appending(path: "watch.db").path }

    func configuration(
        _ logs: [(name: String, trust: TrustFile, path: String)], leaves: Bool = true, maxHeadAge: Int? = nil,
        frozen: WatchConfiguration.Frozen? = nil
    ) throws -> WatchConfiguration {
        var configuration = WatchConfiguration(
            listen: "127.0.0.1:0", store: folder.url.appending(path: "watch.db").path,
            evidence: folder.url.appending(path: "evidence").path, interval: .seconds(1), logs: [])
        configuration.limits.timeout = timeout
        configuration.limits.lowSpeedTime = timeout
        configuration.alerts.onceTimeout = .seconds(timeout)
        configuration.logs = try logs.map { log in
            .init(
                name: log.name, url: url + log.path,
                trust: try folder.write(log.trust.json.bytes(), to: "\(log.name).json"),
                leaves: leaves ? url + log.path + "/users.jsonl" : nil, maxHeadAge: maxHeadAge, frozen: frozen)
        }
        return configuration
    }

    var logger: Logger {
        Logger(label: "watch") { [self] label in
            JSONLogHandler(label: label) { line in self.lines.withLock { $0.append(line) } }
        }
    }

    func poll(_ configuration: WatchConfiguration, now: UInt64 = 1_700_001_000) async throws -> [LogReport] {
        let watcher = try watcher(configuration, now: now)
        let reports = await watcher.runOnce()
        watcher.stop()
        return reports
    }

    /// Watches while `body` runs.
    func watch(
        _ configuration: WatchConfiguration, now: UInt64 = 1_700_001_000,
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let watcher = try watcher(configuration, now: now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await watcher.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func watcher(_ configuration: WatchConfiguration, now: UInt64) throws -> Watcher {
        try Watcher(
            configuration: configuration, registry: registry, logger: logger, readiness: Readiness(), now: { now })
    }

    /// Polls the one log of a test.
    func poll(
        _ trust: TrustFile, leaves: Bool = true, maxHeadAge: Int? = nil, frozen: WatchConfiguration.Frozen? = nil,
        now: UInt64 = 1_700_001_000
    ) async throws -> LogReport {
        let configuration = try configuration(
            [("log", trust, "")], leaves: leaves, maxHeadAge: maxHeadAge, frozen: frozen)
        guard let report = try await poll(configuration, now: now).first else { throw CocoaError(.featureUnsupported) }
        return report
    }

    /// The values of all series of a metric.
    func samples(_ name: String) -> [Double] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("\(name){") }.compactMap {
            $0.split(separator: " ").last.flatMap { Double($0) }
        }
    }

    /// The alerts of a rule that people were told.
    func alerts(_ rule: Rule) throws -> [JSONValue] {
        try lines.withLock { $0 }.map { try JSONReader.parse(Array($0.utf8)) }.filter {
            $0["metadata"]?["rule"]?.text?.description == rule.rawValue
                && $0["message"]?.text?.description.hasPrefix("alert") == true
        }
    }

    func evidence() throws -> [Evidence] {
        let evidence = folder.url.appending(path: "evidence")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: evidence.path)) ?? []
        return try names.sorted().map { try Evidence(json: Array(Data(contentsOf: evidence.appending(path: $0)))) }
    }
}

extension LogReport {
    var rules: [Rule] { findings.map(\.finding.rule) }
}
