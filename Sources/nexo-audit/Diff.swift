import ArgumentParser
import Auditing
import LogFiles
import ProgramSupport
import TransparencyLog

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two copies of a chain: where they part, and evidence if they contradict each other.",
        discussion: """
            Exit codes: 0 one is the other's beginning or part, or they agree where they overlap; 1 they contradict \
            each other; 2 usage or configuration; 3 it cannot be said. Whether one copy contradicts itself: \
            nexo-audit verify.
            """)

    @Argument(help: "A chain, one JSON object a line, oldest first.")
    var first: String

    @Argument(help: "Another copy of it.")
    var second: String

    @Option(help: "The trust file that pins the log's dialect, quorum and keys.")
    var trust: String

    @Option(help: "A folder to write evidence to, one file a contradiction; made if it is not there.")
    var evidence: String?

    @OptionGroup var jobs: JobsOption

    @OptionGroup var verifier: VerifierOption

    func run() async throws {
        let trustFile = try Inputs.trust(trust)
        let diff: ChainDiff
        do {
            diff = try await ChainComparison.between(
                first, second, trust: trustFile, jobs: jobs.count, engine: verifier.engine)
        } catch {
            throw Program.failure("nexo-audit", error, 3)
        }
        print(diff.text(), terminator: "")
        if !diff.clashes.isEmpty {
            // What was judged stands, and is told, whether evidence can be written or not.
            do {
                let made = try diff.evidence(trust: trustFile, tool: "nexo-audit/\(ToolVersion.current)")
                EvidenceFolder.write(made, to: evidence)
            } catch { Program.say("nexo-audit: no evidence written: \(error)") }
        }
        if diff.exitCode != 0 { throw ExitCode(diff.exitCode) }
    }
}
