import ArgumentParser
import Foundation
import HostileLog
import TransparencyLog

/// Simulates how soon a split view is caught by gossip, and what that costs, against what is to be expected.
///
/// The log shows its second tree to a share of the clients and to no watcher, which is the best that it can do: what
/// catches it is a deceived client who asks a watcher. Each client asks one watcher with a probability in each round. From
/// then on the evidence spreads: each watcher pulls from its peers, which are drawn once.
struct Gossip: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gossip",
        abstract: "Simulate rounds and bytes until a split view is caught and known to all watchers.")

    @Option(help: "Clients.")
    var clients = [10, 1_000, 100_000]

    @Option(help: "Watchers.")
    var watchers = 16

    @Option(help: "Peers that each watcher names; they name it too.")
    var peers = 3

    @Option(help: "The share of clients that are shown the second tree.")
    var share = 0.1

    @Option(help: "The probability that a client asks a watcher in a round.")
    var asks = 0.01

    @Option(help: "Runs for each number of clients.")
    var runs = 2_000

    @Option(help: "The seed.")
    var seed: UInt64 = 1

    func run() throws {
        var random = SplitMix(state: seed)
        let sizes = try MessageSizes()
        print(
            "one head \(sizes.head) B, one file of evidence \(sizes.evidence) B; \(watchers) watchers with \(peers) peers,"
        )
        print(
            "\(share * 100) % of the clients deceived, each client asks with probability \(asks) a round; \(runs) runs")
        print(
            "| Clients | Rounds until caught, mean | expected | 95 % of runs | then until all watchers know, mean | most | expected | Bytes a watcher and round |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        var isAsExpected = true
        for count in clients {
            let deceived = max(1, Int((Double(count) * share).rounded()))
            var caught: [Double] = []
            var spread: [Double] = []
            for _ in 0..<runs {
                caught.append(Double(roundsUntilCaught(deceived, &random)))
                spread.append(Double(roundsUntilKnown(&random)))
            }
            let chance = 1 - pow(1 - asks, Double(deceived))
            let expected = 1 / chance
            let mean = caught.reduce(0, +) / Double(runs)
            // A geometric distribution's standard error.
            let error = (1 - chance).squareRoot() / chance / Double(runs).squareRoot()
            isAsExpected = isAsExpected && abs(mean - expected) <= 4 * error + 1e-9
            let known = spread.reduce(0, +) / Double(runs)
            let bytes = Int(meanDegree * Double(sizes.head + sizes.lists))
            func text(_ value: Double) -> String { String(format: "%.2f", value) }
            print(
                "| \(count) | \(text(mean)) | \(text(expected)) | \(text(caught.sorted()[runs * 95 / 100])) "
                    + "| \(text(known)) | \(text(spread.max() ?? 0)) | \(text(expectedSpread())) | \(bytes) |")
            isAsExpected = isAsExpected && abs(known - expectedSpread()) <= 1
        }
        plot(&random)
        guard isAsExpected else {
            print("the simulation is not as expected")
            throw ExitCode(1)
        }
    }

    private func roundsUntilCaught(_ deceived: Int, _ random: inout SplitMix) -> Int {
        var rounds = 1
        // The first of so many who asks, one coin a client and round.
        while !(0..<deceived).contains(where: { _ in Double.random(in: 0..<1, using: &random) < asks }) { rounds += 1 }
        return rounds
    }

    /// From one watcher that holds the evidence to all of them. All pull at once, of what their peers held before.
    private func roundsUntilKnown(_ random: inout SplitMix) -> Int {
        // Each names so many, and those who are named ask back.
        var lists = [Set<Int>](repeating: [], count: watchers)
        for own in 0..<watchers {
            for peer in (0..<watchers).filter({ $0 != own }).shuffled(using: &random).prefix(peers) {
                lists[own].insert(peer)
                lists[peer].insert(own)
            }
        }
        var knows = [Bool](repeating: false, count: watchers)
        knows[0] = true
        var rounds = 0
        while knows.contains(false) {
            let next = knows.indices.map { own in knows[own] || lists[own].contains { knows[$0] } }
            // The net falls into parts.
            if next == knows { return watchers }
            knows = next
            rounds += 1
        }
        return rounds
    }

    /// The mean field of pulling: who does not know, still does not if none of its peers did. All know when less than half
    /// a watcher is left.
    private func expectedSpread() -> Double {
        let degree = meanDegree
        var unknown = 1 - 1 / Double(watchers)
        var rounds = 0.0
        while unknown * Double(watchers) > 0.5, rounds < Double(watchers) {
            unknown *= pow(unknown, degree)
            rounds += 1
        }
        return rounds
    }

    /// Of those whom a watcher names and who name it, some are the same.
    private var meanDegree: Double {
        let one = min(1, Double(peers) / Double(max(watchers - 1, 1)))
        return Double(watchers - 1) * (1 - (1 - one) * (1 - one))
    }

    /// The chance that a split is caught, by rounds.
    private func plot(_ random: inout SplitMix) {
        print("\nCaught after so many rounds, for a deceived share of \(share) (each # is 2 %):\n")
        for count in clients {
            let deceived = max(1, Int((Double(count) * share).rounded()))
            print("\(count) clients, \(deceived) deceived")
            for rounds in [1, 2, 5, 10, 20, 50, 100, 200] {
                let chance = 1 - pow(1 - asks, Double(deceived * rounds))
                let bar = String(repeating: "#", count: Int((chance * 50).rounded()))
                let number = String(repeating: " ", count: 4 - String(rounds).count) + String(rounds)
                print("  \(number) \(bar) \(String(format: "%.1f", chance * 100)) %")
            }
        }
    }
}

/// What real messages take.
private struct MessageSizes {
    let head: Int
    let evidence: Int
    /// The frames of the two lists of a round with nothing in them.
    let lists = 2 * 40

    init() throws {
        var log = try TestLog.honest(4)
        var fork = log
        log.register("a")
        fork.register("b")
        let heads = [try log.publish(), try fork.publish()]
        head = heads[0].value.serialized().utf8.count + 100
        evidence =
            Evidence(
                kind: .sameSizeDifferentRoot, log: try log.trust(),
                heads: heads.map { .init(head: $0.value, observed: [.init(from: "https://log.example", at: 1)]) },
                equivocating: ["cosigner_0", "cosigner_1"], created: 1, tool: "nexo-bench"
            ).fileBytes.count
    }
}
