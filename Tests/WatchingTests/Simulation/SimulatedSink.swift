import Foundation
import Synchronization
import TransparencyLog

@testable import Watching

/// Somebody who is told, takes it, refuses it, or takes it and says nothing; and who remembers all of it.
final class SimulatedSink: AlertSink {
    enum Mood: CaseIterable, Sendable {
        case working, away, refusing, silent, slow
    }

    struct Told: Sendable {
        let alert: Int64
        let revision: Int64
        let wasAnswered: Bool
        let time: UInt64
        /// Of the process that told it.
        let generation: Int
    }

    struct State: Sendable {
        var mood = Mood.working
        var told: [Told] = []
        /// The process that tells now.
        var generation = 0
    }

    let name: String
    let remindEvery: Duration?
    let state = Mutex(State())
    private let clock: SimulatedClock
    private let verdicts: Verdicts
    private let evidence: EvidenceDisk
    private let isLossy: Bool
    /// Whether the store knows that the sink was told this.
    let isMarked: Mutex<@Sendable (String) -> Bool> = Mutex { _ in false }

    init(
        _ name: String, remindEvery: Duration?, _ clock: SimulatedClock, _ verdicts: Verdicts, _ evidence: EvidenceDisk,
        isLossy: Bool
    ) {
        self.name = name
        self.remindEvery = remindEvery
        self.clock = clock
        self.verdicts = verdicts
        self.evidence = evidence
        self.isLossy = isLossy
    }

    func send(_ message: AlertMessage) async throws(SinkFailure) -> String {
        let mood = state.withLock { $0.mood }
        switch mood {
        case .away: throw SinkFailure("no connection")
        case .refusing: throw SinkFailure("status 400", isRefusal: true)
        case .slow: clock.advance(40)
        case .working, .silent: break
        }
        if !isLossy { take(message, isAnswered: mood != .silent) }
        if mood == .silent { throw SinkFailure("no answer") }
        return "taken"
    }

    private func take(_ message: AlertMessage, isAnswered: Bool) {
        let alert = message.alert
        for item in message.items {
            guard let file = item.evidence else { continue }
            evidence.check(file.path, file.sha256, "\(name) is told of alert \(alert.id)", verdicts)
        }
        let isMarked = isMarked.withLock { $0 }("\(name) \(alert.id) \(alert.revision)")
        state.withLock { state in
            let before = state.told.filter {
                $0.alert == alert.id && $0.revision == alert.revision && $0.wasAnswered
            }
            // A crash between the answer and its mark may repeat a message, and nothing else may.
            // But for a reminder, in its time.
            let isRepeated = before.contains { told in
                told.generation == state.generation
                    && (remindEvery.map { told.time + UInt64($0.components.seconds) > clock.time } ?? true)
            }
            if isRepeated || isMarked && remindEvery == nil {
                verdicts.report("told twice", "\(name), alert \(alert.id), revision \(alert.revision)")
            }
            if let last = state.told.last(where: { $0.alert == alert.id }), last.revision > alert.revision {
                verdicts.report("told backwards", "\(name), alert \(alert.id), revision \(alert.revision)")
            }
            state.told.append(
                Told(
                    alert: alert.id, revision: alert.revision, wasAnswered: isAnswered, time: clock.time,
                    generation: state.generation))
        }
    }
}
