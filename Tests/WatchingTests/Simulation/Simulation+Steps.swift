import GRDB
import Synchronization
import TransparencyLog

@testable import Watching

/// The steps of a schedule, and how often each is taken.
extension Simulation {
    mutating func step() async throws {
        switch draw(100) {
        case ..<38: try await poll(draw(2))
        case ..<55: try grow(nil)
        case ..<59: if !isHonest { try lie() }
        case ..<61: if !isHonest { try fork() }
        case ..<66: changeView()
        case ..<69: disturb()
        case ..<74: failStore()
        case ..<76: try fillDisk()
        case ..<80: changeSink()
        case ..<90: await deliver()
        case ..<92: try await acknowledge()
        case ..<94: try await reload()
        case ..<96:
            note("stop and start")
            try await restart()
        case ..<97: try evidence.isBroken ? evidence.mend() : evidence.fail()
        case ..<98: try await thin()
        case ..<99: setClock()
        default:
            note("two hours later")
            ground.clock.advance(7_200)
        }
    }

    private mutating func draw(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func grow(_ lie: SimulatedLog.Lie?) throws {
        let branch = draw(2) == 0 ? 0 : ground.network.state.withLock { $0.views[1].branch }
        // A heartbeat, one registration, or several under one head.
        let count = [0, 1, 1, 1, 1, 2, 3][draw(7)]
        note("branch \(branch) grows by \(count)\(lie.map { ", \($0)" } ?? "")")
        try change { log, random, time in try log.grow(branch, by: count, lie, at: time, &random) }
    }

    private mutating func lie() throws {
        let branch = ground.network.state.withLock { $0.views[draw(2)].branch }
        switch draw(8) {
        case 0:
            note("junk on branch \(branch)")
            try change { log, random, _ in log.addJunk(branch, &random) }
        case 1:
            note("a late signature on branch \(branch)")
            try change { log, _, _ in log.sign(branch) }
        case 2:
            note("a false leaf hash on branch \(branch)")
            try change { log, random, time in
                try log.grow(branch, by: 1, nil, at: time, &random)
            }
            try change { log, _, _ in log.spoilClaim(branch) }
        default:
            let lies = SimulatedLog.Lie.allCases.filter { $0 != .wrongRoot || ground.log.hasLeaves }
            try grow(lies.randomElement(using: &random))
        }
    }

    /// One vantage, or both, are shown another history from now on.
    private mutating func fork() throws {
        let vantage = draw(2)
        let isForBoth = draw(4) == 0
        let count = draw(3)
        let size = 1 + draw(2)
        let (dropped, branches) = ground.network.state.withLock { state in
            let made = state.log.fork(state.views[vantage].branch, dropping: count)
            if let made {
                state.views[vantage].branch = made
                if isForBoth { state.views[1 - vantage].branch = made }
            }
            return (made, state.log.branches.count)
        }
        note(
            "fork at vantage \(vantage), \(count) heads back: branch \(dropped.map(String.init) ?? "none") of \(branches)"
        )
        guard let dropped else { return }
        try change { log, random, time in try log.grow(dropped, by: size, nil, at: time, &random) }
        // Sometimes the old history comes back.
        if draw(3) == 0 {
            let other = draw(branches)
            ground.network.state.withLock { $0.views[1 - vantage].branch = other }
        }
    }

    private mutating func changeView() {
        let vantage = draw(2)
        let (what, count) = (draw(4), draw(4))
        note("view \(vantage): \(["shows all", "withholds heads", "caps", "withholds leaves"][what]) \(count)")
        ground.network.state.withLock { state in
            switch what {
            case 0: (state.views[vantage].withheld, state.views[vantage].leavesWithheld) = (0, 0)
            case 1: state.views[vantage].withheld = count
            case 2: state.views[vantage].cap = count == 0 ? .max : count + 1
            default: state.views[vantage].leavesWithheld = count
            }
        }
    }

    private mutating func disturb() {
        let share = [0, 0, 20, 60, 100][draw(5)]
        note("of a hundred requests \(share) come to grief")
        ground.network.state.withLock { $0.disturbance = UInt64(share) }
    }

    private mutating func failStore() {
        guard let fault = FaultyStore.Fault.allCases.randomElement(using: &random) else { return }
        let calls = draw(12)
        note("the store: \(fault) after \(calls) calls")
        process.store.plan(fault, after: calls)
    }

    /// Twice in three times SQLite itself finds no room, else no write works at all.
    private mutating func fillDisk() throws {
        let kind = draw(3)
        note("the disk is \(["full", "full for small writes too", "not full"][kind])")
        try full(kind == 0)
        process.store.state.withLock { $0.isFull = kind == 1 }
    }

    private mutating func changeSink() {
        let sink = ground.sinks[draw(2)]
        let mood = SimulatedSink.Mood.allCases.randomElement(using: &random) ?? .working
        note("sink \(sink.name) is \(mood)")
        sink.state.withLock { $0.mood = mood }
    }

    private mutating func deliver() async {
        note("deliver")
        await process.deliver()
    }

    /// By another process: the terminal of whoever is on duty.
    private mutating func acknowledge() async throws {
        let open = ledger.before.alerts.map(\.alert).filter { $0.closedAt == nil && $0.acknowledgement == nil }
        guard let alert = open.randomElement(using: &random) else { return }
        note("acknowledge \(alert.id), \(alert.kind.rawValue)")
        do {
            _ = try await process.store.real.acknowledge(
                alert.id, .init(at: ground.clock.wall, by: "duty", note: "seen"))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            note("no room to acknowledge")
        }
    }

    private mutating func reload() async throws {
        note("reload")
        let next = try SimulatedProcess(process.store, on: ground)
        await next.prepare(after: process)
        process = next
    }

    private mutating func thin() async throws {
        let policy = WatchConfiguration.Retention(heads: .seconds(120), checkpointEvery: 3, thinsWithoutLeaves: true)
        do {
            let thinning = try await process.store.real.thin(policy, now: ground.clock.wall, limit: 1_000)
            note("thin: \(thinning.thinned) of \(thinning.looked)")
            if thinning.thinned > 0 { ledger.wasThinned = true }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            note("no room to thin")
        }
    }

    private mutating func setClock() {
        let error = [0, 400, -400, 4_000, -4_000][draw(5)]
        note("the clock is \(error) s ahead")
        ground.clock.set(ahead: Int64(error))
        ledger.clockWasSet = true
    }
}
