import Synchronization

/// When each log was last polled, in memory: what the site shows, and what is kept in the store now and then.
final class PollBoard: Sendable {
    private struct State {
        var records: [String: PollRecord] = [:]
        var changed: Set<String> = []
    }

    /// A failure's text may quote a server.
    private static let longestFailure = 300

    private let state = Mutex(State())

    func restore(_ records: [String: PollRecord]) {
        state.withLock { $0.records.merge(records) { newer, _ in newer } }
    }

    func succeeded(_ logID: String, at now: UInt64) {
        change(logID) {
            $0.successAt = now
            $0.failure = ""
        }
    }

    func failed(_ logID: String, _ failure: String, at now: UInt64) {
        change(logID) {
            $0.failureAt = now
            $0.failure = String(failure.unicodeScalars.prefix(Self.longestFailure))
        }
    }

    private func change(_ logID: String, _ body: (inout PollRecord) -> Void) {
        state.withLock {
            body(&$0.records[logID, default: PollRecord(logID: logID)])
            $0.changed.insert(logID)
        }
    }

    var all: [String: PollRecord] { state.withLock { $0.records } }

    subscript(logID: String) -> PollRecord? { state.withLock { $0.records[logID] } }

    /// What changed since the last call.
    func takeChanges() -> [PollRecord] {
        state.withLock { state in
            let changes = state.changed.compactMap { state.records[$0] }
            state.changed = []
            return changes
        }
    }

    /// What could not be kept is tried again with what changes next.
    func giveBack(_ records: [PollRecord]) {
        state.withLock { $0.changed.formUnion(records.map(\.logID)) }
    }
}
