import ArgumentParser
import ProgramSupport
import TransparencyLog

@main
struct NexoAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-audit",
        abstract: "Checks offline whether a NEXO log kept its promises.",
        discussion: """
            Exit codes: 0 clean, 1 violation found, 2 usage or configuration, 3 could not check.
            """,
        version: ToolVersion.current,
        subcommands: [
            Verify.self, CheckEvidence.self, HistoryCommand.self, Prove.self, CheckProof.self, Inspect.self, Diff.self,
            Report.self, CheckReport.self, Quorum.self, SegmentCommand.self, JoinCommand.self,
        ])

    static func main() async { await Program.main(Self.self) }
}
