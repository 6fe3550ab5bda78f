import ArgumentParser

@main
struct NexoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-server", abstract: "A compact reference server of a NEXO log.", subcommands: [Run.self])
}
