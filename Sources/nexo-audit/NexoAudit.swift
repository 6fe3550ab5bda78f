import ArgumentParser

@main
struct NexoAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-audit",
        abstract: "Checks offline whether a NEXO log kept its promises.",
        discussion: """
            Exit codes: 0 clean, 1 violation found, 2 usage or configuration, 3 could not check.
            """,
        subcommands: [Verify.self, CheckEvidence.self])

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
            let code = exitCode(for: error)
            if code == .validationFailure {
                let message = fullMessage(for: error)
                StandardError.write(message)
                Self.exit(withError: ExitCode(2))
            }
            Self.exit(withError: error)
        }
    }
}
