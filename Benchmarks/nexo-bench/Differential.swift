import ArgumentParser
import HostileLog
import TransparencyLog

/// The long form of a test: odd and mutated signatures put to the tables alone and to libsodium.
struct Differential: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the tables' verdicts with libsodium's, over millions of odd and mutated signatures.",
        discussion: "Exit codes: 0 they agree, 1 they differ; what they differ on is printed.")

    @Option(help: "Signatures, for all engines and windows together.")
    var signatures = 10_000_000

    @Option(help: "Seeds are this one and those after it.")
    var seed: UInt64 = 1

    @Option(help: "Tasks at once.")
    var jobs = 2

    private struct Tally: Sendable {
        var compared = 0
        var accepted = 0
        var differences: [TableDifferential.Difference] = []
    }

    func run() async throws {
        let ways = [Ed25519Engine.portable, .ifma].filter(\.isAvailable).flatMap { [($0, Int32(4)), ($0, Int32(8))] }
        let part = 50_000
        let parts = (signatures + part - 1) / part
        var total = Tally()
        await withTaskGroup(of: Tally.self) { group in
            var next = 0
            func addNext() {
                guard next < parts else { return }
                let (engine, window) = ways[next % ways.count]
                let seed = seed + UInt64(next)
                next += 1
                group.addTask { Self.compare(part, seed: seed, engine, window) }
            }
            for _ in 0..<jobs { addNext() }
            while let tally = await group.next() {
                total.compared += tally.compared
                total.accepted += tally.accepted
                total.differences += tally.differences
                addNext()
            }
        }
        print("\(total.compared) compared, \(total.accepted) accepted by both, \(total.differences.count) differences")
        for difference in total.differences.prefix(20) { print(difference) }
        guard total.differences.isEmpty, total.compared >= signatures else { throw ExitCode.failure }
    }

    private static func compare(_ count: Int, seed: UInt64, _ engine: Ed25519Engine, _ window: Int32) -> Tally {
        var source = OddSignatures(seed: seed)
        var differential = TableDifferential(engine: engine, window: window)
        for _ in 0..<count / 1_000 {
            let cases = (0..<1_000).map { _ in source.next() }
            guard differential.compare(cases.map { ($0.key, $0.signature, $0.message) }) else { break }
        }
        return Tally(
            compared: differential.compared, accepted: differential.accepted, differences: differential.differences)
    }
}
