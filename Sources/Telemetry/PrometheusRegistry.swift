public import CoreMetrics
import Synchronization

/// A swift-metrics backend that writes the Prometheus text format, version 0.0.4, or OpenMetrics 1.0.
///
/// Declare each family once, before its first series; call sites then use `Counter`, `Gauge`, `Meter`, `Recorder` and
/// `Timer`. A family that was not declared, a library's for instance, is taken as it comes, without a help text.
///
/// One name has one kind. A series asked for as another kind is counted nowhere and never shown: a page with two kinds
/// under one name cannot be read at all, and all other numbers would be lost with it.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    private struct Family {
        let kind: Kind
        var help: String?
        var series: [LabelSet: any Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// Says what a family is. To say the same again is harmless.
    ///
    /// - Precondition: the name is a valid one, and has no other kind yet; both are mistakes of the program's own.
    public func declare(_ name: String, _ kind: Kind, help: String) {
        precondition(MetricName.metric(name) == name, "not a Prometheus metric name: \(name)")
        let kind = kind.normalised
        families.withLock {
            precondition($0[name].map { $0.kind == kind } ?? true, "declared as two kinds: \(name)")
            $0[name, default: Family(kind: kind)].help = help
        }
    }

    /// The whole page: families sorted by name, series by labels. Families without series are left out.
    public func render(_ exposition: Exposition = .text) -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            let name = family.kind == .counter && exposition == .openMetrics ? Self.base(name) : name
            let lines = family.series.sorted { $0.key < $1.key }.map {
                $0.value.render(name: name, labels: $0.key, exposition)
            }
            guard lines.contains(where: { !$0.isEmpty }) else { continue }
            if let help = family.help { text += "# HELP \(name) \(PrometheusText.escapeHelp(help, exposition))\n" }
            text += "# TYPE \(name) \(family.kind.word)\n"
            text += lines.joined()
        }
        return exposition == .openMetrics ? text + "# EOF\n" : text
    }

    private static func base(_ counter: String) -> String {
        counter.hasSuffix("_total") ? String(counter.dropLast(6)) : counter
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, else: .counter) as? CounterSeries ?? CounterSeries()
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, else: .counter) as? CounterSeries ?? CounterSeries()
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, else: .gauge) as? GaugeSeries ?? GaugeSeries()
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let kind = aggregate ? Kind.histogram(buckets: Kind.defaultBuckets) : .gauge
        return series(label, dimensions, else: kind) as? any RecorderHandler ?? GaugeSeries()
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let kind = Kind.histogram(buckets: Kind.defaultBuckets)
        return series(label, dimensions, else: kind) as? any TimerHandler ?? GaugeSeries()
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// The series of that name and labels, made if need be; the family's kind decides what it is.
    private func series(_ label: String, _ dimensions: [(String, String)], else kind: Kind) -> any Series {
        let name = MetricName.metric(label)
        return families.withLock { families in
            let kind = families[name]?.kind ?? kind
            let labels =
                if case .histogram = kind { LabelSet(dimensions, reserved: "le") } else { LabelSet(dimensions) }
            if let found = families[name]?.series[labels] { return found }
            let made: any Series =
                switch kind {
                case .counter: CounterSeries()
                case .gauge: GaugeSeries()
                case .histogram(let buckets): HistogramSeries(bounds: buckets)
                }
            // In its place: a copy of the family would copy thousands of series each time.
            families[name, default: Family(kind: kind)].series[labels] = made
            return made
        }
    }

    /// Forgets series: what they counted is there no longer.
    ///
    /// - Parameter isKept: is asked with the name of a family and the labels of a series.
    public func keepSeries(where isKept: (String, [String: String]) -> Bool) {
        families.withLock { families in
            for (name, family) in families {
                families[name]?.series = family.series.filter { isKept(name, $0.key.values) }
            }
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                families[name]?.series[labels] = nil
                return
            }
        }
    }
}
