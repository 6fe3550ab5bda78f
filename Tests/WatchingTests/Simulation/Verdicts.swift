import Synchronization

/// The invariants that did not hold, each by its name and what was seen.
final class Verdicts: Sendable {
    private let broken = Mutex<[String]>([])

    var all: [String] { broken.withLock { $0 } }
    var isEmpty: Bool { broken.withLock { $0.isEmpty } }

    func report(_ invariant: String, _ what: String) { broken.withLock { $0.append("\(invariant): \(what)") } }
}
