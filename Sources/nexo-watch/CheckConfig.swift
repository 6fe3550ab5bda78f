import ArgumentParser
import ProgramSupport
import Watching

struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a configuration and its trust files, and say what is wrong.")

    @Option(help: "The configuration, watch.yaml.")
    var config = "watch.yaml"

    func run() throws {
        do {
            let configuration = try ConfigurationFile.load(config)
            let logs = try configuration.watchedLogs()
            let access = try StatusAccess(configuration)
            try configuration.checkAlerts()
            try configuration.checkGossip()
            for log in logs {
                print("\(log.name): log_id \(log.logID), \(log.publicURL)")
                if let problem = log.watchListProblem { print("\(log.name): \(problem)") }
            }
            for warning in configuration.missingLeaves { print("warning: \(warning)") }
            for warning in configuration.openSecrets { print("warning: \(warning)") }
            print("\(configuration.listen): \(access.summary)")
            let count = logs.count == 1 ? "1 log" : "\(logs.count) logs"
            print("\(config): \(count), all right")
        } catch { throw Program.failure("nexo-watch", error, 2) }
    }
}
