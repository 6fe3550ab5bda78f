import ArgumentParser
import Auditing
import LogFiles
import ProgramSupport
import TransparencyLog

struct Prove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a proof that others can check offline, against heads with a quorum.",
        discussion: "Exit codes: 0 written, 2 usage or configuration, 3 there is nothing to prove it with.",
        subcommands: [Inclusion.self, Consistency.self])

    struct Files: ParsableArguments {
        @Option(help: "The registrations, one JSON object a line.")
        var leaves: String

        @Option(help: "The published heads, one JSON object a line.")
        var heads: String

        @Option(help: "The trust file that pins the log's dialect, quorum and keys.")
        var trust: String

        @Option(help: "The file to write; standard output by default.")
        var output: String?

        func write(_ make: (Prover) throws -> ProofFile) throws {
            let prover = Prover(leaves: leaves, heads: heads, trust: try Inputs.trust(trust))
            do {
                let proof = try make(prover).json.bytes()
                if let output {
                    try AtomicFile.write(proof + [0x0A], to: output)
                } else {
                    print(String(decoding: proof, as: UTF8.self))
                }
            } catch { throw Program.failure("nexo-audit", error, 3) }
        }
    }

    struct Inclusion: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prove that a registration is in the log.")

        @OptionGroup var files: Files

        @Option(help: "The registration's place, from 0.")
        var index: UInt64?

        @Option(help: "The id, whose newest registration is proved.")
        var id: String?

        @Option(help: "The size of the head to prove against; by default that of the newest.")
        var size: UInt64?

        func validate() throws {
            guard (index == nil) != (id == nil) else { throw ValidationError("give one of --index and --id") }
            if let index, index >= size ?? .max { throw ValidationError("--index must be below --size") }
            if size == 0 { throw ValidationError("--size must be at least 1") }
        }

        func run() throws {
            let leaf = index.map(Prover.Leaf.index) ?? .id(JSONText(id ?? ""))
            try files.write { try $0.inclusion(of: leaf, size: size) }
        }
    }

    struct Consistency: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that a smaller tree is the beginning of a larger one.")

        @OptionGroup var files: Files

        @Option(help: "The size of the smaller tree.")
        var first: UInt64

        @Option(help: "The size of the larger tree; by default that of the newest head.")
        var second: UInt64?

        func validate() throws {
            guard first > 0 else {
                throw ValidationError("--first must be at least 1: every log continues the empty one")
            }
            guard first <= second ?? .max else { throw ValidationError("--first must not be above --second") }
        }

        func run() throws { try files.write { try $0.consistency(first: first, second: second) } }
    }
}
