import CoreMetrics
import Synchronization

/// A number that goes up and down.
final class GaugeSeries: Series, MeterHandler, RecorderHandler, TimerHandler {
    /// Nil until it is first set: 0 would be a claim, of an empty log or of a success in 1970.
    private let value = Mutex<Double?>(nil)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 = ($0 ?? 0) + amount } }
    func decrement(by amount: Double) { value.withLock { $0 = ($0 ?? 0) - amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
    func recordNanoseconds(_ duration: Int64) { set(Double(duration) / 1e9) }

    func render(name: String, labels: LabelSet, _ exposition: Exposition) -> String {
        guard let value = value.withLock({ $0 }) else { return "" }
        return "\(name)\(labels.braces()) \(PrometheusText.number(value))\n"
    }
}
