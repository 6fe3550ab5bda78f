import Metrics
import Telemetry
import TransparencyLog

/// The metrics of alerts and their sinks; labels are the configured logs and sinks, and the severities.
final class AlertMetrics: Sendable {
    static let families: [MetricFamily] = [
        .init(
            "nexo_watch_alerts_open", .gauge, labels: ["log", "severity"],
            help: "Alerts that nobody acknowledged and that are not over; without a log: the watcher's own."),
        .init(
            "nexo_watch_alert_queue_depth", .gauge, labels: ["sink"], help: "Alerts that a sink is still to be told of."
        ),
        .init(
            "nexo_watch_alert_queue_age_seconds", .gauge, labels: ["sink"],
            help: "How long the oldest message for a sink waits; 0 if none does."),
        .init(
            "nexo_watch_alert_deliveries_total", .counter, labels: ["sink"],
            help: "Messages that a sink took, reminders among them."),
        .init(
            "nexo_watch_alert_delivery_failures_total", .counter, labels: ["sink"],
            help: "Messages that a sink did not take, at each attempt."),
    ]

    private let registry: PrometheusRegistry

    init(registry: PrometheusRegistry) {
        self.registry = registry
        for family in Self.families { registry.declare(family) }
    }

    /// Makes every series of a sink, so that none appears for the first time with its first fault.
    func prepare(sink: String) {
        _ = counter("alert_deliveries_total", sink)
        _ = counter("alert_delivery_failures_total", sink)
    }

    func delivered(_ sink: String) { counter("alert_deliveries_total", sink).increment() }
    func failed(_ sink: String) { counter("alert_delivery_failures_total", sink).increment() }

    func show(_ sink: String, depth: Int, age: UInt64) {
        meter("alert_queue_depth", [("sink", sink)]).set(Double(depth))
        meter("alert_queue_age_seconds", [("sink", sink)]).set(Double(age))
    }

    func showOpen(_ log: String, _ severity: Severity, _ count: Int) {
        meter("alerts_open", [("log", log), ("severity", severity.rawValue)]).set(Double(count))
    }

    private func counter(_ name: String, _ sink: String) -> Counter {
        Counter(label: "nexo_watch_\(name)", dimensions: [("sink", sink)], factory: registry)
    }

    private func meter(_ name: String, _ labels: [(String, String)]) -> Meter {
        Meter(label: "nexo_watch_\(name)", dimensions: labels, factory: registry)
    }
}
