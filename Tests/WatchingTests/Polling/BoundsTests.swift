import Foundation
import HostileLog
import Logging
import Synchronization
import Testing

@testable import Watching

struct BoundsTests {
    /// Who waits for a slow host takes no place of another one.
    @Test func aSlowHostTakesOnlyItsOwnPlaces() async throws {
        let places = PollPlaces(places: 4, perKey: 2)
        let entered = Entered()
        let slow = (0..<20).map { _ in
            Task {
                await places.enter("slow")
                entered.note("slow")
            }
        }
        #expect(await eventually { entered.all.count == 2 })
        for _ in 0..<2 {
            await places.enter("fast")
            entered.note("fast")
        }
        #expect(entered.all == ["slow", "slow", "fast", "fast"])
        // Every place is taken: the first that is given back goes to whom has room, though others came before.
        let third = Task { await places.enter("third") }
        await places.leave("fast")
        await third.value
        for _ in 0..<18 { await places.leave("slow") }
        for task in slow { await task.value }
        #expect(entered.all.count == 22)
    }

    private final class Entered: Sendable {
        private let keys = Mutex<[String]>([])
        var all: [String] { keys.withLock { $0 } }
        func note(_ key: String) { keys.withLock { $0.append(key) } }
    }

    @Test func bytesBeyondTheRateAreWaitedFor() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(bytesPerSecond: 1_000, now: start)
        #expect(bucket.spend(1_000, now: start) == .zero)
        #expect(bucket.spend(3_000, now: start) == .seconds(3))
        #expect(bucket.spend(1_000, now: start + .seconds(3)) == .seconds(1))
        // Rest is kept for a second alone.
        #expect(bucket.spend(3_000, now: start + .seconds(3_600)) == .seconds(2))
    }

    /// Many logs begin one after the other within an interval, few of them at once; the interval runs from a poll's begin.
    @Test func pollsAreSpreadAndKeepTheirTime() {
        func starts(_ count: Int, _ interval: Duration) -> [Duration] {
            (0..<count).map { PollPace.start(of: $0, among: count, interval: interval) }
        }
        #expect(starts(1, .seconds(10)) == [.zero])
        #expect(starts(3, .seconds(10)) == [.zero, .milliseconds(10), .milliseconds(20)])
        let many = starts(4_000, .seconds(10))
        #expect(zip(many, many.dropFirst()).allSatisfy { $1 - $0 == .microseconds(2_500) })
        #expect(many.last ?? .zero < .seconds(10))
        var pace = PollPace(interval: .seconds(10), maximum: .seconds(300))
        #expect((.seconds(2.5)...Duration.seconds(3.5)).contains(pace.afterSuccess(took: .seconds(7))))
        // A log whose polls take longer than its interval is left alone for a while all the same.
        #expect(pace.afterSuccess(took: .seconds(60)) == .seconds(1))
    }

    @Test func failuresAreWaitedOutLongerAndLonger() {
        var backoff = PollPace(interval: .seconds(10), maximum: .seconds(300))
        #expect((.seconds(9.5)...Duration.seconds(10.5)).contains(backoff.afterSuccess()))
        #expect((.seconds(10)...Duration.seconds(20)).contains(backoff.afterFailure()))
        #expect((.seconds(20)...Duration.seconds(40)).contains(backoff.afterFailure()))
        for _ in 0..<100 { #expect(backoff.afterFailure() <= .seconds(300)) }
        #expect(backoff.afterFailure() >= .seconds(150))
        #expect((.seconds(9.5)...Duration.seconds(10.5)).contains(backoff.afterSuccess()))
        // What a server asks for counts, within the cap.
        #expect(backoff.afterFailure(retryAfter: 120) == .seconds(120))
        #expect(backoff.afterFailure(retryAfter: .max) == .seconds(300))
        #expect((.seconds(10)...Duration.seconds(300)).contains(backoff.afterFailure(retryAfter: -5)))
        // An interval beyond the cap is kept.
        var slow = PollPace(interval: .seconds(3_600), maximum: .seconds(300))
        #expect(slow.afterFailure(retryAfter: 10) == .seconds(3_600))
    }
}

struct ClockWatchTests {
    private final class Wall: Sendable {
        let time = Mutex<UInt64>(1_700_000_000)
        let lines = Mutex<[String]>([])

        func watch() -> ClockWatch {
            let logger = Logger(label: "clock") { _ in Lines(lines: self) }
            return ClockWatch(tolerance: 60, logger: logger) { self.time.withLock { $0 } }
        }
    }

    private struct Lines: LogHandler {
        let lines: Wall
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        init(lines: Wall) { self.lines = lines }
        func log(event: LogEvent) { lines.lines.withLock { $0.append("\(event.message)") } }
    }

    private static func clock(_ date: Int64, at: ContinuousClock.Instant, uncertainty: Double = 0.6) -> ServerClock {
        ServerClock(date: date, at: at, age: 0.1, uncertainty: uncertainty)
    }

    /// One server, or two, prove nothing; nor do those that differ among themselves.
    @Test func aMajorityOfHostsIsNeeded() {
        let wall = Wall()
        let watch = wall.watch()
        let now = ContinuousClock.now
        #expect(abs(watch.hear(Self.clock(1_700_003_600, at: now), from: "a", at: now) + 3_600) < 1)
        _ = watch.hear(Self.clock(1_700_003_600, at: now), from: "b", at: now)
        #expect(watch.now(at: now) == 1_700_000_000)
        _ = watch.hear(Self.clock(1_700_000_000, at: now), from: "c", at: now)
        #expect((1_700_003_598...1_700_003_601).contains(watch.now(at: now)), "two of three say so")
        #expect(wall.lines.withLock { $0 }.count == 1)
        _ = watch.hear(Self.clock(1_700_000_000, at: now), from: "d", at: now)
        #expect(watch.now(at: now) == 1_700_000_000, "two of four do not")
        #expect(wall.lines.withLock { $0 }.count == 2)
    }

    /// What the round trip leaves open is no difference.
    @Test func aSlowAnswerProvesNothing() {
        let watch = Wall().watch()
        let now = ContinuousClock.now
        #expect(watch.hear(Self.clock(1_699_999_980, at: now, uncertainty: 30), from: "a", at: now) == 0)
    }

    /// A clock that jumps is noticed by the monotonic one; set back, it may have been right before.
    @Test func aClockThatIsSet() {
        let wall = Wall()
        let watch = wall.watch()
        let start = ContinuousClock.now
        #expect(watch.now(at: start) == 1_700_000_000)
        wall.time.withLock { $0 = 1_700_000_010 }
        #expect(watch.latest(at: start + .seconds(10)) == 1_700_000_010)
        #expect(wall.lines.withLock { $0 }.isEmpty)
        wall.time.withLock { $0 = 1_699_999_020 }
        #expect(watch.latest(at: start + .seconds(20)) == 1_700_000_020)
        #expect(watch.now(at: start + .seconds(20)) == 1_699_999_020)
        #expect(wall.lines.withLock { $0 }.count == 1)
        wall.time.withLock { $0 += 7_200 }
        #expect(watch.latest(at: start + .seconds(7_220)) == watch.now(at: start + .seconds(7_220)))
    }

    /// Set forward, it may have been right before: no head is stale by the new time, until hosts agree or an hour passed.
    @Test func aClockThatIsSetForward() {
        let wall = Wall()
        let watch = wall.watch()
        let start = ContinuousClock.now
        #expect(watch.earliest(at: start) == 1_700_000_000)
        wall.time.withLock { $0 += 86_400 }
        #expect(watch.now(at: start + .seconds(1)) == 1_700_086_400)
        #expect((1_700_000_000...1_700_000_002).contains(watch.earliest(at: start + .seconds(1))))
        for (number, host) in ["a", "b", "c"].enumerated() {
            #expect(watch.earliest(at: start + .seconds(1)) <= 1_700_000_002, "\(number) hosts were heard")
            let now = start + .seconds(1)
            _ = watch.hear(Self.clock(1_700_086_400, at: now), from: host, at: now)
        }
        #expect(watch.earliest(at: start + .seconds(1)) == 1_700_086_400, "three hosts say that it is right now")
        let other = wall.watch()
        _ = other.now(at: start)
        wall.time.withLock { $0 += 86_400 }
        _ = other.now(at: start)
        wall.time.withLock { $0 += 3_601 }
        #expect(other.earliest(at: start + .seconds(3_601)) == other.now(at: start + .seconds(3_601)), "an hour passed")
    }

    /// For what cannot be undone there is no time while it is in doubt, also where a small jump follows a large one.
    @Test func aTimeThatIsInDoubt() {
        let wall = Wall()
        let watch = wall.watch()
        let start = ContinuousClock.now
        #expect(watch.undoubted(at: start) == 1_700_000_000)
        wall.time.withLock { $0 += 30 * 86_400 }
        #expect(watch.undoubted(at: start) == nil)
        wall.time.withLock { $0 += 100 }
        for host in ["a", "b", "c"] {
            #expect(watch.undoubted(at: start) == nil)
            _ = watch.hear(Self.clock(1_700_000_000, at: start), from: host, at: start)
        }
        #expect((1_699_999_999...1_700_000_001).contains(watch.undoubted(at: start) ?? 0), "three hosts know better")
        let other = wall.watch()
        _ = other.now(at: start)
        wall.time.withLock { $0 -= 86_400 }
        #expect(other.undoubted(at: start) == nil)
        wall.time.withLock { $0 += 3_601 }
        #expect(other.undoubted(at: start + .seconds(3_601)) == other.now(at: start + .seconds(3_601)))
    }
}
