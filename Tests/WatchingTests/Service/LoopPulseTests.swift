import HostileLog
import Testing

@testable import Watching

/// When a watcher is taken for one that hangs, and when not.
struct LoopPulseTests {
    private static let later = Duration.seconds(100)

    @Test func aStepThatTakesTooLong() async {
        let pulses = LoopPulses()
        #expect(pulses.hanging() == nil)
        await pulses.watch("a", patience: .seconds(60)) {
            #expect(pulses.hanging() == nil)
            #expect(pulses.hanging(at: .now + Self.later) == "a")
            LoopPulse.current?.sleeps(for: .seconds(50))
            #expect(pulses.hanging(at: .now + Self.later) == nil)
            #expect(pulses.hanging(at: .now + .seconds(120)) == "a")
        }
        #expect(LoopPulse.current == nil && pulses.hanging(at: .now + Self.later) == nil)
    }

    /// Who waits is alive as long as somebody works; when all wait, it is for each other.
    @Test func thoseWhoWait() async {
        let pulses = LoopPulses()
        await pulses.watch("a", patience: .seconds(60)) {
            LoopPulse.current?.waits()
            #expect(pulses.hanging() == "a")
            await pulses.watch("b", patience: .seconds(600)) {
                #expect(pulses.hanging(at: .now + Self.later) == nil)
                LoopPulse.current?.waits()
                #expect(pulses.hanging() != nil)
                LoopPulse.current?.works()
                #expect(pulses.hanging() == nil)
            }
        }
    }

    /// The loop's task, and those that it starts, beat; a place that is waited for is no hang.
    @Test func whereTheBeatsAre() async throws {
        let pulses = LoopPulses()
        let places = PollPlaces(places: 1, perKey: 1)
        await places.enter("host")
        let waiting = Task {
            await pulses.watch("a", patience: .seconds(60)) { await places.enter("host") }
        }
        // Alone, it waits for nobody that is known.
        #expect(await eventually { pulses.hanging() == "a" })
        await places.leave("host")
        await waiting.value
        try await pulses.watch("b", patience: .zero) {
            let source = try CurlLogSource()
            defer { source.stop() }
            let pulse = try #require(LoopPulse.current)
            let before = SuspendingClock.now
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try? await source.get(
                        FetchRequest(url: "http://127.0.0.1:1/", maximumBytes: 10, timeoutSeconds: 5))
                }
            }
            #expect(!pulse.isLate(at: before))
        }
    }
}
