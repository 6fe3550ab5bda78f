import ArgumentParser
import ProgramSupport
import TransparencyLog

@main
struct NexoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-server", abstract: "A compact reference server of a NEXO log.",
        discussion: "Exit codes: 0 stopped, 2 usage or configuration, 3 the data or the port cannot be used.",
        version: ToolVersion.current,
        subcommands: [Run.self, Repair.self, Compact.self, Cosign.self, RotateKey.self])

    static func main() async { await Program.main(Self.self) }
}
