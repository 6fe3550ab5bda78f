import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog

struct CheckEvidence: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Check evidence against a log, from the file and a trust file alone.",
        discussion: "Exit codes: 1 the contradiction is proved, 0 the heads agree, 3 not believed or not checkable.")

    @Argument(help: "The evidence file.")
    var file: String

    @Option(help: "The trust file that you believe; the one inside the evidence is not asked.")
    var trust: String

    func run() throws {
        let trustFile = try Inputs.trust(trust)
        guard let bytes = FileManager.default.contents(atPath: file) else {
            Program.say("nexo-audit: \(file): cannot be read; check the path and its permissions")
            throw ExitCode(3)
        }
        let evidence: Evidence
        do { evidence = try Evidence(json: Array(bytes)) } catch {
            Program.say("nexo-audit: \(file): \(error)")
            throw ExitCode(3)
        }
        switch EvidenceChecker(trust: trustFile).check(evidence) {
        case .proved(let kind, let equivocating):
            print("proved: \(kind.rawValue)")
            let names = equivocating.isEmpty ? "none" : equivocating.joined(separator: ", ")
            print("  log: \(trustFile.name), log_id \(trustFile.logID)")
            print("  signed both sides: \(names)")
            throw ExitCode(1)
        case .agree:
            print("the heads agree: nothing in this file contradicts them")
        case .notBelieved(let reason):
            print("not believed: \(reason)")
            throw ExitCode(3)
        }
    }
}
