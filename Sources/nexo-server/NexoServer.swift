import ArgumentParser
import Foundation

@main
struct NexoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-server", abstract: "A compact reference server of a NEXO log.",
        discussion: "Exit codes: 0 stopped, 2 usage or configuration, 3 the data or the port cannot be used.",
        subcommands: [Run.self])

    /// argument-parser exits with 64 on bad usage; our scripts rely on 2.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            StandardError.write(fullMessage(for: error))
            exit(withError: ExitCode(2))
        }
    }
}

enum StandardError {
    static func write(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }

    /// Says what is wrong and ends with the code for it.
    static func fail(_ error: any Error, _ code: Int32) -> ExitCode {
        write("nexo-server: \(error)")
        return ExitCode(code)
    }
}
