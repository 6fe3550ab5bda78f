import ArgumentParser
import Auditing
import Foundation
import ProgramSupport
import TransparencyLog

struct CheckProof: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-proof",
        abstract: "Check a proof of inclusion or consistency, from the file and a trust file alone.",
        discussion: """
            Exit codes: 0 proved, 1 the heads are signed but the proof is wrong, 2 usage or configuration, 3 not \
            believed or not readable.
            """)

    @Argument(help: "The proof file.")
    var file: String

    @Option(help: "The trust file that you believe; the one inside the proof is not asked.")
    var trust: String

    func run() throws {
        let trustFile = try Inputs.trust(trust)
        guard let bytes = FileManager.default.contents(atPath: file) else {
            Program.say("nexo-audit: \(file): cannot be read; check the path and its permissions")
            throw ExitCode(3)
        }
        let proof: ProofFile
        do { proof = try ProofFile(json: Array(bytes)) } catch {
            Program.say("nexo-audit: \(file): \(error)")
            throw ExitCode(3)
        }
        switch ProofChecker(trust: trustFile).check(proof) {
        case .proved(let claim): print("proved: \(claim)")
        case .wrong(let reason):
            print("wrong: \(reason)")
            throw ExitCode(1)
        case .notBelieved(let reason):
            print("not believed: \(reason)")
            throw ExitCode(3)
        }
    }
}
