import CoreMetrics
import Synchronization

/// Observations counted by upper bound.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private struct State {
        /// By bucket, not cumulative; the last is for what is above every bound.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: finite and ascending.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// Ignores what is no number: one NaN would spoil the sum for good.
    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func render(name: String, labels: LabelSet, _ exposition: Exposition) -> String {
        let state = state.withLock { $0 }
        var text = ""
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], state.counts) {
            total += count
            text +=
                "\(name)_bucket\(labels.braces(and: "le=\"\(PrometheusText.bound(bound, exposition))\"")) \(total)\n"
        }
        text += "\(name)_sum\(labels.braces()) \(PrometheusText.number(state.sum))\n"
        text += "\(name)_count\(labels.braces()) \(total)\n"
        return text
    }
}
