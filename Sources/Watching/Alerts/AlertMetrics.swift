import Metrics
import Telemetry
import TransparencyLog

/// The metrics of alerts and their sinks; labels are the configured logs and sinks, and the severities.
final class AlertMetrics: Sendable {
    private let registry: PrometheusRegistry

    init(registry: PrometheusRegistry) {
        self.registry = registry
        let gauges = [
            ("alerts_open", "Alerts that nobody acknowledged and that are not over; without a log: the watcher's own."),
            ("alert_queue_depth", "Alerts that a sink is still to be told of."),
            ("alert_queue_age_seconds", "How long the oldest message for a sink waits; 0 if none does."),
        ]
        for (name, help) in gauges { registry.declare("nexo_watch_\(name)", .gauge, help: help) }
        let counters = [
            ("alert_deliveries_total", "Messages that a sink took, reminders among them."),
            ("alert_delivery_failures_total", "Messages that a sink did not take, at each attempt."),
        ]
        for (name, help) in counters { registry.declare("nexo_watch_\(name)", .counter, help: help) }
    }

    /// Makes every series of a sink, so that none appears for the first time with its first fault.
    func prepare(sink: String) {
        _ = counter("alert_deliveries_total", sink)
        _ = counter("alert_delivery_failures_total", sink)
        show(sink, depth: 0, age: 0)
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
