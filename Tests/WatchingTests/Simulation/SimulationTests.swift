import Foundation
import Testing

@testable import Watching

/// Schedules of polls, lies, faults and restarts (docs/RELIABILITY.md). A seed repeats its schedule exactly.
///
///     scripts/simulate 4711
struct SimulationTests {
    private static let part: UInt64 = 25

    @Test(arguments: Array(stride(from: UInt64(0), to: 300, by: 25)))
    func schedules(from first: UInt64) async throws {
        for seed in first..<(first + Self.part) {
            let outcome = await Simulation.played(seed: seed)
            #expect(outcome.broken.isEmpty, "\(Self.report(outcome))")
            if !outcome.broken.isEmpty { print(outcome.trace.suffix(24).joined(separator: "\n")) }
        }
    }

    /// A range of seeds from the environment, for scripts/simulate: `4711`, or `0..<10000`.
    @Test(.enabled(if: SeedRange.chosen != nil)) func chosen() async throws {
        let range = try #require(SeedRange.chosen)
        var total = SimulationTally()
        for seed in range.seeds {
            // A schedule that traps, or never ends, is the last that was named.
            range.name(seed)
            let outcome = await Simulation.played(seed: seed)
            total.add(outcome)
            if range.isOne { print(outcome.trace.joined(separator: "\n")) }
            #expect(outcome.broken.isEmpty, "\(Self.report(outcome))")
        }
        print("simulated: \(total)")
    }

    /// Seeds beyond the first ones that found something.
    @Test(arguments: [3_148, 3_322, 6_047, 6_059, 9_041] as [UInt64]) func foundOnce(seed: UInt64) async throws {
        let outcome = try await Simulation.run(seed: seed)
        #expect(outcome.broken.isEmpty, "\(Self.report(outcome))")
    }

    /// The same seed takes the same steps, down to each revision of each alert.
    @Test(arguments: [3, 8, 21] as [UInt64])
    func aSeedRepeatsExactly(seed: UInt64) async throws {
        let first = try await Simulation.run(seed: seed)
        let second = try await Simulation.run(seed: seed)
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 50)
    }

    /// A simulation that cannot fail shows nothing: each of these watchers is wrong in one way, and is caught.
    @Test(arguments: Sabotage.allCases)
    func aWrongWatcherIsCaught(sabotage: Sabotage) async throws {
        for seed in 0..<UInt64(60) {
            let outcome = try await Simulation.run(seed: seed, sabotage: sabotage)
            if outcome.broken.contains(where: { $0.hasPrefix(sabotage.caughtBy) }) { return }
        }
        Issue.record("a watcher that \(sabotage.rawValue) was not caught in 60 schedules")
    }

    private static func report(_ outcome: Simulation.Outcome) -> String {
        "seed \(outcome.seed): \(outcome.broken.joined(separator: "; ")). Repeat: scripts/simulate \(outcome.seed)"
    }
}

/// What many schedules did, for the report.
struct SimulationTally: CustomStringConvertible {
    private var (schedules, polls, findings, restarts, messages, broken) = (0, 0, 0, 0, 0, 0)

    mutating func add(_ outcome: Simulation.Outcome) {
        schedules += 1
        polls += outcome.polls
        findings += outcome.findings
        restarts += outcome.restarts
        messages += outcome.messages
        if !outcome.broken.isEmpty { broken += 1 }
    }

    var description: String {
        "\(schedules) schedules, \(polls) polls, \(restarts) restarts, \(findings) findings, \(messages) messages, "
            + "\(broken) broken"
    }
}

/// The seeds that the environment asks for.
struct SeedRange {
    let seeds: [UInt64]
    var isOne: Bool { seeds.count == 1 }

    /// Writes the seed to the file that the environment names.
    func name(_ seed: UInt64) {
        guard let path = ProcessInfo.processInfo.environment["NEXO_SIMULATE_SEED"] else { return }
        try? "\(seed)".write(toFile: path, atomically: false, encoding: .utf8)
    }

    static let chosen = SeedRange(ProcessInfo.processInfo.environment["NEXO_SIMULATE"] ?? "")

    /// - Parameter text: one seed, or a half-open range.
    init?(_ text: String) {
        let ends = text.components(separatedBy: "..<").map { UInt64($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2 else { return nil }
        seeds = ends.count == 1 ? [first] : Array(first..<max(first, last))
    }
}
