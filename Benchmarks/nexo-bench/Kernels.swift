import ArgumentParser
import CFastEd25519
import Crypto
import TransparencyLog

/// The two kernels against what they take the place of, in one run: only the ratios mean much on a shared machine.
struct Kernels: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure Ed25519 against libsodium, and the tree's hashing against swift-crypto, on one thread.")

    @Option(help: "Signatures, by three keys.")
    var signatures = 100_000

    @Option(help: "Leaf hashes of the tree.")
    var leaves = 10_000_000

    @Flag(help: "Fail where a kernel has less than half of the ratio that it is known for.")
    var check = false

    /// What the kernels must reach, times as fast as what they replace; half of it fails the check.
    private enum Reach {
        static let portable = 5.0
        static let ifma = 20.0
        static let nodes = 5.0
    }

    func run() throws {
        let signed = try SignedMessages(count: signatures)
        let libsodium = try signed.measureLibsodium(most: 20_000)
        print(line("Ed25519, libsodium", libsodium * 1e6, "µs a signature", 1))
        var isFast = true
        for (name, engine, reach) in [
            ("portable", FAST_ED25519_PORTABLE, Reach.portable), ("AVX-512 IFMA", FAST_ED25519_IFMA, Reach.ifma),
        ] where engine.rawValue <= fast_ed25519_best_engine().rawValue {
            for window: Int32 in [4, 8] {
                let seconds = try signed.measure(engine, window: window)
                let ratio = libsodium / seconds
                print(
                    line("Ed25519, \(name), \(window)-bit windows, tables made", seconds * 1e6, "µs a signature", ratio)
                )
                if window == 8, ratio < reach / 2 { isFast = false }
            }
        }
        let crypto = perNodeWithCrypto()
        print(line("node, swift-crypto", crypto * 1e9, "ns", 1))
        let node = root()
        print(line("node of a root over \(leaves) leaf hashes", node * 1e9, "ns", crypto / node))
        if crypto / node < Reach.nodes / 2 { isFast = false }
        guard check, !isFast else { return }
        print("too slow: a kernel has less than half of its ratio (portable 5, IFMA 20, nodes 5)")
        throw ExitCode.failure
    }

    private func line(_ what: String, _ value: Double, _ unit: String, _ ratio: Double) -> String {
        let value = (value * 100).rounded() / 100
        let ratio = (ratio * 10).rounded() / 10
        return "\(what): \(value) \(unit), \(ratio) times as fast"
    }

    /// Seconds a node, with a fresh hash each, as the tree did before it had a kernel.
    private func perNodeWithCrypto() -> Double {
        let count = 500_000
        var left = Digest.sha256([1]).bytes
        let right = Digest.sha256([2]).bytes
        let start = CPUClock.seconds
        for _ in 0..<count {
            var hash = SHA256()
            left.withUnsafeBytes { hash.update(bufferPointer: $0) }
            right.withUnsafeBytes { hash.update(bufferPointer: $0) }
            hash.finalize().withUnsafeBytes { digest in left.withUnsafeMutableBytes { $0.copyMemory(from: digest) } }
        }
        precondition(left.count == 32)
        return (CPUClock.seconds - start) / Double(count)
    }

    /// Seconds a node of one root, whose leaves come 1,024 at a time as from a file.
    private func root() -> Double {
        let block = (0..<1_024).map { Digest.sha256([UInt8($0 & 255), UInt8($0 >> 8)]) }
        var frontier = Frontier()
        let start = CPUClock.seconds
        while frontier.end < leaves { frontier.append(contentsOf: block) }
        let root = frontier.root
        let seconds = CPUClock.seconds - start
        precondition(root != nil)
        return seconds / Double(frontier.end - 1)
    }
}
