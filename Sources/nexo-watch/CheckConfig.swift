import ArgumentParser
import ProgramSupport
import Watching

struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a configuration and its trust files, and say what is wrong.")

    @Option(help: "The configuration, watch.yaml.")
    var config: String

    func run() throws {
        do {
            let logs = try ConfigurationFile.load(config).watchedLogs()
            for log in logs { print("\(log.name): log_id \(log.logID), \(log.url)") }
            print("\(config): \(logs.count) logs, all right")
        } catch { throw Program.failure("nexo-watch", error, 2) }
    }
}
