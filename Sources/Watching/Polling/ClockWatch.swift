import Foundation
import Logging
import Synchronization

/// Watches our own clock, since a wrong one would make honest heads look stale, or ahead of their time.
///
/// One server's `Date` proves nothing. When at least three hosts were heard, and most of them say the same of our clock,
/// heads are judged by theirs.
final class ClockWatch: Sendable {
    /// Hosts that must have been heard before they may outvote us.
    static let quorum = 3
    /// Hosts whose readings are kept.
    private static let hosts = 1_024
    /// Seconds that a clock which was set may have been right before.
    private static let grace: Double = 3_600

    private struct State {
        var tolerance: Double
        /// Seconds that our clock is ahead, by each host.
        var skews: [String: Double] = [:]
        /// Seconds that our clock is ahead, by most hosts; 0 while they do not agree.
        var correction: Double = 0
        var last: (wall: Double, at: ContinuousClock.Instant)?
        /// How far our clock was set lately, and when; below 0 it was set back.
        var set: (by: Double, at: ContinuousClock.Instant)?
    }

    private let wall: @Sendable () -> UInt64
    /// The clock that nobody sets.
    private let steady: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let state: Mutex<State>

    init(
        tolerance: Int, logger: Logger, steady: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wall: @Sendable @escaping () -> UInt64
    ) {
        self.steady = steady
        state = Mutex(State(tolerance: Double(tolerance)))
        self.logger = logger
        self.wall = wall
    }

    /// Goes on with other hosts, or another difference that counts as none; what the others said holds.
    func change(tolerance: Int, hosts: Set<String>) {
        state.withLock { state in
            state.tolerance = Double(tolerance)
            state.skews = state.skews.filter { hosts.contains($0.key) }
            if state.skews.isEmpty { state.correction = 0 } else { vote(&state) }
        }
    }

    /// Seconds since 1970, as most of us believe.
    func now(at instant: ContinuousClock.Instant? = nil) -> UInt64 {
        let instant = instant ?? steady()
        let own = Double(wall())
        return Self.seconds(
            state.withLock { state in
                notice(own, instant, &state)
                return own - state.correction
            })
    }

    /// The latest that it may be. A clock that was set back may have been right before.
    func latest(at instant: ContinuousClock.Instant? = nil) -> UInt64 {
        let instant = instant ?? steady()
        let now = Double(now(at: instant))
        return Self.seconds(
            state.withLock { state in
                guard state.correction == 0 else { return now }
                return now + max(-Self.doubt(state, instant), 0)
            })
    }

    /// The earliest that it may be. A clock that was set forward may have been right before, until hosts were heard again.
    func earliest(at instant: ContinuousClock.Instant? = nil) -> UInt64 {
        let instant = instant ?? steady()
        let now = Double(now(at: instant))
        return Self.seconds(
            state.withLock { state in
                guard state.skews.count < Self.quorum else { return now }
                return now - max(Self.doubt(state, instant), 0)
            })
    }

    /// For what cannot be undone: nil as long as our clock was set lately, and too few hosts were heard since.
    func undoubted(at instant: ContinuousClock.Instant? = nil) -> UInt64? {
        let instant = instant ?? steady()
        let now = now(at: instant)
        let isDoubted = state.withLock { $0.skews.count < Self.quorum && Self.doubt($0, instant) != 0 }
        return isDoubted ? nil : now
    }

    /// By how many seconds our clock was set, and may be wrong since.
    private static func doubt(_ state: State, _ instant: ContinuousClock.Instant) -> Double {
        guard let set = state.set, (instant - set.at) / .seconds(1) < grace else { return 0 }
        return set.by
    }

    /// Takes in what a host says.
    ///
    /// - Returns: seconds that our clock is ahead of the host's.
    func hear(_ clock: ServerClock, from host: String, at instant: ContinuousClock.Instant? = nil) -> Double {
        let instant = instant ?? steady()
        let own = Double(wall())
        let elapsed = (instant - clock.at) / .seconds(1)
        // Both clocks are read in whole seconds, so both stand half a second on, more or less.
        let skew = own - elapsed - clock.age - Double(clock.date)
        // What the round trip and the seconds leave open is no difference.
        let sure = abs(skew) <= clock.uncertainty + 0.5 ? 0 : skew
        state.withLock { state in
            notice(own, instant, &state)
            guard state.skews[host] != nil || state.skews.count < Self.hosts else { return }
            let isQuiet =
                state.correction == 0 && abs(sure) <= state.tolerance && abs(state.skews[host] ?? 0) <= state.tolerance
            state.skews[host] = sure
            if !isQuiet || state.skews.count == Self.quorum { vote(&state) }
        }
        return sure
    }

    /// Most hosts must lie on one side, and near to their median.
    private func vote(_ state: inout State) {
        let skews = state.skews.values.sorted()
        let median = skews[skews.count / 2]
        let agree = skews.count { abs($0 - median) <= state.tolerance }
        let isWrong = skews.count >= Self.quorum && abs(median) > state.tolerance && agree * 2 > skews.count
        let correction = isWrong ? median : 0
        defer { state.correction = correction }
        if isWrong, state.correction == 0 {
            logger.warning(
                "this machine's clock is off; heads are judged by the servers' until it is set",
                metadata: ["ahead_seconds": "\(Int(median))", "hosts": "\(agree) of \(skews.count)"])
        } else if !isWrong, state.correction != 0 {
            logger.notice("this machine's clock and the servers' agree again, or the servers differ among themselves")
        }
    }

    /// Our clock must go as far as the monotonic one does, which nobody sets.
    private func notice(_ own: Double, _ instant: ContinuousClock.Instant, _ state: inout State) {
        defer { state.last = (own, instant) }
        guard let last = state.last, instant >= last.at else { return }
        let jump = own - last.wall - (instant - last.at) / .seconds(1)
        guard abs(jump) > state.tolerance else { return }
        state.skews = [:]
        state.correction = 0
        state.set = (by: jump, at: instant)
        logger.warning("this machine's clock was set", metadata: ["by_seconds": "\(Int(jump))"])
    }

    private static func seconds(_ value: Double) -> UInt64 { UInt64(min(max(value, 0), 9e15)) }
}
