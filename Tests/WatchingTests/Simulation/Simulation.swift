import Foundation
import GRDB
import HostileLog
import Logging
import Synchronization
import Telemetry
import TransparencyLog

@testable import Watching

/// One schedule of polls, growth, lies, faults and restarts, made from a seed: the same seed is the same schedule, step by
/// step. One task does one thing at a time; the clock, the network and the sinks are simulated, the store is SQLite.
struct Simulation {
    /// What came of a schedule.
    struct Outcome: Sendable {
        let seed: UInt64
        /// The invariants that did not hold.
        let broken: [String]
        let trace: [String]
        var polls = 0
        var findings = 0
        var restarts = 0
        var messages = 0
        /// Of the whole trace: what repeats exactly has the same.
        var digest: Digest { .sha256(Array(trace.joined(separator: "\n").utf8)) }
    }

    let seed: UInt64
    var random: SplitMix
    let folder: ScratchFolder
    let ground: SimulatedGround
    let evidence: EvidenceDisk
    let verdicts = Verdicts()
    let lines: LogLines
    let sabotage: Sabotage?
    /// A log that keeps its promises: then nothing but the way to it can go wrong.
    let isHonest: Bool
    var ledger: Ledger
    var process: SimulatedProcess
    var trace: [String] = []
    var polls = 0
    var restarts = 0
    /// Findings whose marks earlier processes lost.
    var unmarked: [StoredFinding] = []

    static func run(seed: UInt64, sabotage: Sabotage? = nil) async throws -> Outcome {
        var simulation = try Simulation(seed: seed, sabotage)
        try await simulation.play()
        try simulation.process.store.real.pool.close()
        return Outcome(
            seed: seed, broken: simulation.verdicts.all, trace: simulation.trace, polls: simulation.polls,
            findings: simulation.ledger.before.findings.count, restarts: simulation.restarts,
            messages: simulation.ground.sinks.reduce(0) { $0 + $1.state.withLock { $0.told.count } })
    }

    /// A schedule that throws is a broken one too, and says its seed.
    static func played(seed: UInt64) async -> Outcome {
        do { return try await run(seed: seed) } catch {
            return Outcome(seed: seed, broken: ["ended by an error: \(error)"], trace: [])
        }
    }

    private init(seed: UInt64, _ sabotage: Sabotage?) throws {
        self.seed = seed
        self.sabotage = sabotage
        random = SplitMix(state: seed)
        folder = try ScratchFolder()
        isHonest = random.next() % 3 == 0
        let hasLeaves = random.next() % 4 != 0
        let maxHeadAge = random.next() % 2 == 0 ? 3_600 : nil
        evidence = EvidenceDisk(folder: folder.url.appending(path: "evidence").path)
        lines = LogLines(verdicts, evidence)
        let (clock, lines, verdicts, evidence) = (SimulatedClock(), lines, verdicts, evidence)
        let sinks = [("hook", nil), ("am", Duration.seconds(60))].map { name, remindEvery in
            SimulatedSink(
                name, remindEvery: remindEvery, clock, verdicts, evidence,
                isLossy: sabotage == .losesMessages && name == "hook")
        }
        let configuration = Self.configuration(
            folder.url.appending(path: "watch.db").path, evidence.folder, hasLeaves: hasLeaves, maxHeadAge: maxHeadAge,
            leavesRecheck: seed % 5 == 0 ? 600 : nil)
        let registry = PrometheusRegistry()
        ground = SimulatedGround(
            clock: clock, network: SimulatedNetwork(seed: random.next()), sinks: sinks, configuration: configuration,
            log: WatchedLog(configuration.logs[0], configuration, trust: try TestLog().trust()), registry: registry,
            metrics: WatchMetrics(registry: registry),
            logger: Logger(label: "simulation") { label in JSONLogHandler(label: label) { lines.write($0) } })
        ledger = Ledger(verdicts, maxHeadAge: maxHeadAge)
        try StoreTemplate.copy(to: configuration.store)
        process = try SimulatedProcess(Self.store(configuration.store, sabotage), on: ground)
    }

    private static func configuration(
        _ store: String, _ evidence: String, hasLeaves: Bool, maxHeadAge: Int?, leavesRecheck: Int?
    ) -> WatchConfiguration {
        var configuration = WatchConfiguration(
            listen: "127.0.0.1:0", store: store, evidence: evidence, interval: .seconds(15), logs: [])
        configuration.vantages = [.init(name: "near"), .init(name: "far")]
        configuration.alerts.groupInterval = .seconds(60)
        configuration.alerts.failingPolls = 3
        configuration.limits.evidencePerPoll = 1_000
        configuration.limits.leavesRecheck = leavesRecheck ?? configuration.limits.leavesRecheck
        // Shorter than a step: the jitter decides nothing.
        configuration.alerts.retryFirst = .milliseconds(1)
        configuration.alerts.retryMax = .milliseconds(1)
        configuration.logs = [
            .init(
                name: "log", url: "http://log.example", trust: "log.json",
                leaves: hasLeaves ? "http://log.example/users.jsonl" : nil, maxHeadAge: maxHeadAge)
        ]
        return configuration
    }

    /// Power cuts are another test's: nothing is synced here.
    private static func store(_ path: String, _ sabotage: Sabotage?) throws -> FaultyStore {
        let store = try SQLiteStore(path: path)
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        return FaultyStore(store, sabotage)
    }

    // MARK: The schedule

    private mutating func play() async throws {
        try change { log, random, time in try log.grow(0, by: 1, nil, at: time, &random) }
        await process.prepare()
        listen()
        let steps = 20 + Int(random.next() % 25)
        for _ in 0..<steps where verdicts.isEmpty {
            ground.clock.advance(5 + random.next() % 25)
            try await step()
            try await settle()
        }
        guard verdicts.isEmpty else { return }
        try await finish()
    }

    /// A step's consequences: a process that crashed starts again, and the invariants are looked at.
    private mutating func settle() async throws {
        try await look(isOver: false)
        guard process.store.state.withLock({ $0.isDead }), verdicts.isEmpty else { return }
        note("the process has crashed")
        try await restart()
        try await look(isOver: false)
    }

    func listen() {
        let store = process.store
        for sink in ground.sinks {
            sink.isMarked.withLock { $0 = { key in store.state.withLock { $0.marked.contains(key) } } }
        }
    }

    mutating func restart() async throws {
        restarts += 1
        unmarked += process.store.state.withLock { $0.unmarked }
        let marked = process.store.state.withLock { $0.marked }
        try process.store.real.pool.close()
        process = try SimulatedProcess(Self.store(ground.configuration.store, sabotage), on: ground)
        process.store.state.withLock { $0.marked = marked }
        for sink in ground.sinks { sink.state.withLock { $0.generation += 1 } }
        listen()
        await process.prepare()
    }

    mutating func look(isOver: Bool) async throws {
        let now = try await StoreSnapshot(process.store.real)
        let (log, late) = ground.network.state.withLock { ($0.log, $0.leavesWereLate) }
        ledger.check(now, log, leavesWereLate: late)
        let lost = unmarked + process.store.state.withLock { $0.unmarked }
        lines.check(now.findings, unmarked: lost, isOver: isOver)
        trace.append("    \(now.summary)")
    }

    mutating func note(_ text: String) { trace.append("\(ground.clock.time) \(text)") }

    mutating func change(
        _ body: (inout SimulatedLog, inout SplitMix, UInt64) throws -> Void
    ) throws {
        let time = ground.clock.time
        try ground.network.state.withLock { try body(&$0.log, &random, time) }
    }

    mutating func poll(_ vantage: Int) async throws {
        polls += 1
        let old = ledger.before
        let failures = process.store.state.withLock { $0.failures }
        ground.network.state.withLock { $0.heard = nil }
        let error = await process.poll(vantage)
        note("poll \(vantage)\(error.map { ": \($0)" } ?? "")")
        let heard = ground.network.state.withLock { $0.heard }
        ledger.hear(heard ?? [])
        if error == nil { evidence.settle() }
        guard process.store.state.withLock({ $0.failures }) == failures else { return }
        let now = try await StoreSnapshot(process.store.real)
        ledger.checkPoll(heard ?? [], after: now, old: old, at: process.watcher.clock.earliest())
    }

    // MARK: The end

    /// All is mended: then all that is due is told, and nothing is left over.
    private mutating func finish() async throws {
        note("all is mended; branches shown: \(ground.network.state.withLock { $0.views.map(\.branch) })")
        ground.network.state.withLock { state in
            state.disturbance = 0
            for index in state.views.indices {
                (state.views[index].withheld, state.views[index].leavesWithheld) = (0, 0)
                state.views[index].cap = .max
            }
        }
        ground.clock.set(ahead: 0)
        for sink in ground.sinks { sink.state.withLock { $0.mood = .working } }
        try evidence.mend()
        try full(false)
        process.store.state.withLock { $0.planned = nil }
        for _ in 0..<2 {
            for vantage in 0..<2 {
                try await poll(vantage)
                ground.clock.advance(61)
                await process.deliver()
                try await look(isOver: false)
            }
        }
        try await look(isOver: true)
        try await checkEnd()
        try await exchangeKey()
    }

    func full(_ isFull: Bool) throws {
        process.store.state.withLock { $0.isFull = false }
        try process.store.real.pool.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(isFull ? pages : 1 << 30)")
        }
    }
}
