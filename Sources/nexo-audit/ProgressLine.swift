import Auditing
import Foundation
import Synchronization

/// One line on a terminal that says how far an audit is; there is none where standard error is no terminal.
final class ProgressLine: Sendable {
    private struct State {
        var heads = 0
        var leaves: UInt64 = 0
        var shown: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    init?() {
        guard isatty(FileHandle.standardError.fileDescriptor) == 1 else { return nil }
    }

    func show(_ progress: AuditProgress) {
        let now = ContinuousClock.now
        let text: String? = state.withLock { state in
            state.heads = progress.heads ?? state.heads
            state.leaves = progress.leaves ?? state.leaves
            // A terminal is written to ten times a second at most.
            if let shown = state.shown, now - shown < .milliseconds(100) { return nil }
            state.shown = now
            let seconds = max(Double((now - start).components.seconds), 1)
            return
                "\(state.heads) heads (\(Int(Double(state.heads) / seconds)) a second), \(state.leaves) registrations"
        }
        if let text { write("\r\u{1B}[K\(text)") }
    }

    func clear() { write("\r\u{1B}[K") }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
