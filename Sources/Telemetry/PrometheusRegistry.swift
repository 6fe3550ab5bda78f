public import CoreMetrics
import Synchronization

/// A swift-metrics backend that writes the Prometheus text format, version 0.0.4.
///
/// Families are declared with their help, and label values come from closed sets (C12), so that the number of series is
/// bounded by the configuration.
public final class PrometheusRegistry: MetricsFactory {
    public enum Kind: String, Sendable {
        case counter, gauge
    }

    private struct Family {
        var kind: Kind
        var help: String
        /// By labels, as they are written.
        var series: [String: Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// Names a family before its first series.
    public func declare(_ name: String, _ kind: Kind, help: String) {
        families.withLock { families in
            families[name] = Family(kind: kind, help: help, series: families[name]?.series ?? [:])
        }
    }

    /// All families by name, each series on its line.
    public func render() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if !family.help.isEmpty { text += "# HELP \(name) \(Self.escapeHelp(family.help))\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                text += "\(name)\(labels) \(Self.format(series.value))\n"
            }
        }
        return text
    }

    private func series(_ name: String, _ dimensions: [(String, String)], _ kind: Kind) -> Series {
        let labels = Self.labels(dimensions)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind, help: "")
            let series = family.series[labels] ?? Series()
            family.series[labels] = series
            families[name] = family
            return series
        }
    }

    private static func labels(_ dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        let pairs = dimensions.sorted { $0.0 < $1.0 }.map { "\($0)=\"\(escape($1))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func escape(_ value: String) -> String {
        escapeHelp(value).replacing("\"", with: "\\\"")
    }

    private static func escapeHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    private static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, .gauge)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .gauge)
    }

    // A series stays until the process ends: scrapers would take a vanished counter for a reset.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}
