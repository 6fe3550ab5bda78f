import CoreMetrics
import Synchronization

/// One line of the exposition: a number that handlers change.
final class Series: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private let number = Mutex<Double>(0)

    var value: Double { number.withLock { $0 } }

    func increment(by amount: Int64) { number.withLock { $0 += Double(amount) } }
    func reset() { number.withLock { $0 = 0 } }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { number.withLock { $0 = value } }
    func increment(by amount: Double) { number.withLock { $0 += amount } }
    func decrement(by amount: Double) { number.withLock { $0 -= amount } }

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    /// Base units: seconds.
    func recordNanoseconds(_ duration: Int64) { set(Double(duration) / 1e9) }
}
