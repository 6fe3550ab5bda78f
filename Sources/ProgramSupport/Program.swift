public import ArgumentParser
@preconcurrency import Glibc

/// What the three programs share: their exit codes, and where they say what is wrong.
///
/// 0 clean, 1 violation, 2 usage or configuration, 3 could not check.
public enum Program {
    /// Runs a program's root command. argument-parser exits with 64 on bad usage; scripts rely on 2.
    public static func main<Root: ParsableCommand>(_ root: Root.Type) async {
        // Whoever started us may ignore it, and then nobody is told how the programs end that we start.
        signal(SIGCHLD, SIG_DFL)
        do {
            var command = try root.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            // What is printed is what was asked for: half of it is no success.
            guard fflush(stdout) == 0, ferror(stdout) == 0 else {
                say("\(Root._commandName): standard output cannot be written; check the disk, or who reads it")
                root.exit(withError: ExitCode(3))
            }
        } catch {
            guard root.exitCode(for: error) == .validationFailure else { root.exit(withError: error) }
            say(root.fullMessage(for: error))
            root.exit(withError: ExitCode(2))
        }
    }

    /// Writes a line to standard error.
    public static func say(_ message: String) { show(message + "\n") }

    /// Writes a text to standard error. Where that fails, on a full disk for instance, nobody is left to be told, and the
    /// exit code still tells. (Foundation's `FileHandle` would end the program.)
    public static func show(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { rest.removeFirst(count) } else if errno != EINTR { return }
        }
    }

    /// Says what is wrong, and gives what to throw to end with a code.
    public static func failure(_ program: String, _ error: any Error, _ code: Int32) -> ExitCode {
        say("\(program): \(error)")
        return ExitCode(code)
    }
}
