import Foundation
import Metrics
import Telemetry
import TransparencyLog

/// What a reload changes of the metrics.
extension WatchMetrics {
    static let reloadFamilies: [MetricFamily] = [
        .init(
            "nexo_watch_config_last_reload_successful", .gauge,
            help: "1 unless the configuration could not be read again when that was asked for last."),
        .init(
            "nexo_watch_config_last_reload_success_timestamp_seconds", .gauge,
            help: "When the configuration that holds was read."),
    ]

    /// Whether the configuration was read with success when that was tried last.
    func showReload(isGood: Bool) {
        meter("config_last_reload_successful", []).set(isGood ? 1 : 0)
        guard isGood else { return }
        meter("config_last_reload_success_timestamp_seconds", []).set(Date().timeIntervalSince1970.rounded())
    }

    /// Forgets the series of logs, vantages, cosigners, sinks and peers that are gone.
    ///
    /// - Parameters:
    ///   - logs: those that go on, as they are watched from now on.
    ///   - gossip: as it is configured from now on.
    func keep(logs: [WatchedLog], sinks: Set<String>, gossip: WatchConfiguration.Gossip? = nil) {
        let logs = Dictionary(logs.map { ($0.name, $0) }) { first, _ in first }
        let peers = Set(gossip?.peers.map(\.name) ?? [])
        registry.keepSeries { family, labels in
            if let sink = labels["sink"], !sinks.contains(sink) { return false }
            if let peer = labels["peer"], !peers.contains(peer) { return false }
            if family.hasPrefix("nexo_watch_vouch"), gossip?.keyFile == nil { return false }
            if family.hasPrefix("nexo_watch_gossip"), gossip == nil { return false }
            // The watcher's own alerts have no log.
            guard let name = labels["log"], !name.isEmpty else { return true }
            guard let log = logs[name] else { return false }
            if let vantage = labels["vantage"], !log.vantages.contains(where: { $0.name == vantage }) { return false }
            if let cosigner = labels["cosigner"],
                !log.verifier.trust.cosigners.contains(where: { $0.id.description == cosigner })
            {
                return false
            }
            return family != "nexo_watch_max_head_age_seconds" || log.maxHeadAge != nil
        }
    }
}
