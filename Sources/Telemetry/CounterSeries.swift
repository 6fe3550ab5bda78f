import CoreMetrics
import Synchronization

/// A number that only rises.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    /// Ignores what would make the counter fall or be no number.
    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func render(name: String, labels: LabelSet, _ exposition: Exposition) -> String {
        // OpenMetrics has the ending on every counter, and on its samples alone.
        let name = exposition == .openMetrics ? "\(name)_total" : name
        return "\(name)\(labels.braces()) \(PrometheusText.number(value.withLock { $0 }))\n"
    }
}
