import Synchronization

/// All loops that run, each with its pulse.
final class LoopPulses: Sendable {
    private struct State {
        var loops: [Int: LoopPulse] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    /// Watches over a loop while it runs.
    ///
    /// - Parameter patience: the longest that one of its steps may take.
    func watch<Result: Sendable>(
        _ name: String, patience: Duration, _ loop: () async throws -> Result
    ) async rethrows -> Result {
        let pulse = LoopPulse(name: name, patience: patience)
        let id = state.withLock { state in
            state.nextID += 1
            state.loops[state.nextID] = pulse
            return state.nextID
        }
        defer { state.withLock { _ = $0.loops.removeValue(forKey: id) } }
        return try await LoopPulse.$current.withValue(pulse) { try await loop() }
    }

    /// The name of a loop that hangs; nil where all are alive.
    func hanging(at now: SuspendingClock.Instant = .now) -> String? {
        let loops = state.withLock { Array($0.loops.values) }
        if let late = loops.first(where: { $0.isLate(at: now) }) { return late.name }
        // Those who wait do so for somebody who works; if all wait, it is for each other.
        return !loops.isEmpty && loops.allSatisfy(\.isWaiting) ? loops.first?.name : nil
    }
}
