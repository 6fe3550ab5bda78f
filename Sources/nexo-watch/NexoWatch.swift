import ArgumentParser
import ProgramSupport
import TransparencyLog

@main
struct NexoWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-watch",
        abstract: "Watches NEXO logs: verifies every head, keeps it, and calls when a log breaks a promise.",
        discussion: """
            Exit codes: 0 clean, 1 violation found, 2 usage or configuration, 3 could not check.
            """,
        version: ToolVersion.current,
        subcommands: [
            Run.self, CheckConfig.self, Init.self, Status.self, Ack.self, TestAlert.self, DatabaseCommand.self,
            KeyGen.self,
        ])

    static func main() async { await Program.main(Self.self) }
}
