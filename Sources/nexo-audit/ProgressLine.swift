import Auditing
import Foundation
import ProgramSupport
import Synchronization

/// One line on a terminal that says how far an audit is, how fast it goes and how long it will take; there is none where
/// standard error is no terminal.
final class ProgressLine: Sendable {
    private struct State {
        var heads = AuditProgress.Reached(count: 0, bytes: 0)
        var leaves = AuditProgress.Reached(count: 0, bytes: 0)
        var shown: ContinuousClock.Instant?
    }

    /// A head's byte takes about so many times longer than a registration's, which carries no signature.
    private static let weightOfHeads = 40.0

    private let state = Mutex(State())
    private let start = ContinuousClock.now
    /// Bytes of the inputs; nil where that is not known beforehand, and no time left can be told.
    private let headBytes: Double?
    private let leafBytes: Double?

    /// - Parameters: the inputs' paths.
    init?(heads: String?, leaves: String?) {
        guard isatty(FileHandle.standardError.fileDescriptor) == 1 else { return nil }
        headBytes = heads.flatMap(Self.size)
        leafBytes = leaves == nil ? 0 : leaves.flatMap(Self.size)
    }

    /// Of a regular file that is read as it stands.
    private static func size(_ path: String) -> Double? {
        guard path != "-", !path.hasSuffix(".gz"), !path.hasSuffix(".zst") else { return nil }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber).map { max($0.doubleValue, 1) }
    }

    func show(_ progress: AuditProgress) {
        let now = ContinuousClock.now
        let text = state.withLock { state -> String? in
            state.heads = progress.heads ?? state.heads
            state.leaves = progress.leaves ?? state.leaves
            // A terminal is written to ten times a second at most.
            if let shown = state.shown, now - shown < .milliseconds(100) { return nil }
            state.shown = now
            return self.text(state, after: max((now - start) / .seconds(1), 0.001))
        }
        if let text { write("\r\u{1B}[K\(text)") }
    }

    private func text(_ state: State, after seconds: Double) -> String {
        func rate(_ count: UInt64) -> Int { Int(Double(count) / seconds) }
        var parts = ["\(state.heads.count) heads (\(rate(state.heads.count))/s)"]
        if state.leaves.count > 0 {
            parts.append("\(state.leaves.count) registrations (\(rate(state.leaves.count))/s)")
        }
        if let headBytes, let leafBytes {
            let work = headBytes * Self.weightOfHeads + leafBytes
            let done = Double(state.heads.bytes) * Self.weightOfHeads + Double(state.leaves.bytes)
            let share = min(done / work, 1)
            if share > 0 {
                let left = Duration.seconds(seconds * (1 - share) / share)
                parts.append("\(Int(share * 100)) %, \(left.formatted(.time(pattern: .hourMinuteSecond))) left")
            }
        }
        return parts.joined(separator: ", ")
    }

    func clear() { write("\r\u{1B}[K") }

    private func write(_ text: String) { Program.show(text) }
}
