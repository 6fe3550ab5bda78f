import ArgumentParser
import ProgramSupport
import TransparencyLog
import Watching

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Look after the database.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify the whole database against itself and against signatures.",
            discussion: """
                It only reads, and may run beside the daemon. Exit codes: 0 all right, 2 usage or configuration, 3 the \
                database is damaged or cannot be read.
                """)

        @Option(help: "The configuration, watch.yaml.")
        var config = "watch.yaml"

        @OptionGroup var jobs: JobsOption

        func run() async throws {
            let configuration: WatchConfiguration
            let logs: [WatchedLog]
            do {
                configuration = try ConfigurationFile.load(config)
                logs = try configuration.watchedLogs()
            } catch { throw Program.failure("nexo-watch", error, 2) }
            let check: StoreCheck
            do {
                let checker = try StoreChecker(
                    path: configuration.store, trust: logs.map(\.verifier.trust), jobs: jobs.count)
                check = try await checker.check()
            } catch { throw Program.failure("nexo-watch", error, 3) }
            for log in check.logs { print(Self.line(log)) }
            for problem in check.problems { print("problem: \(problem)") }
            if check.problemsInAll > check.problems.count {
                print("problem: … and \(check.problemsInAll - check.problems.count) more")
            }
            guard check.problemsInAll == 0 else {
                Program.say(
                    """
                    nexo-watch: \(configuration.store): \(check.problemsInAll) problems. Stop the daemon, keep this file for \
                    whoever looks into it, and restore a backup; what is newer than the backup is fetched again.
                    """)
                throw ExitCode(3)
            }
            print("\(configuration.store): all right")
        }

        private static func line(_ log: StoreCheck.Log) -> String {
            let counts = log.counts
            let thinned = counts.thinned > 0 ? " (\(counts.thinned) of them thinned)" : ""
            let pinned = log.isPinned ? "" : "; signatures not checked: no configured log has its keys"
            return
                "\(log.name): \(counts.heads) heads\(thinned), \(counts.signatures) signatures, \(counts.roots) roots, "
                + "\(counts.leaves) leaves, \(counts.findings) findings, \(counts.evidence) files of evidence\(pinned)"
        }
    }
}
