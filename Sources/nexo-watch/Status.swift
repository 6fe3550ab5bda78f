import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog
import Watching

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the watched logs stand, and which alerts are open, from the database alone.",
        discussion: """
            Reads without writing, whether nexo-watch run is at work or not. What is said of polls is at most some \
            seconds old; where nobody polled for long, nothing can be said.

            Exit codes: 0 all is well, 1 an open violation, 2 usage or configuration, 3 cannot say.
            """)

    @Option(help: "The configuration, watch.yaml.")
    var config = "watch.yaml"

    @Flag(help: "Print JSON: the entries of /api/v1/logs, without the alerts.")
    var json = false

    /// The newest; the site has them all.
    private static let alertLimit = 50

    func run() async throws {
        let configuration: WatchConfiguration
        let logs: [WatchedLog]
        do {
            configuration = try ConfigurationFile.load(config)
            logs = try configuration.watchedLogs()
        } catch { throw Program.failure("nexo-watch", error, 2) }
        let statuses: [LogStatus]
        let alerts: [StoredAlert]
        do {
            let store = try SQLiteStatus(path: configuration.store)
            statuses = try await StatusReader(logs: logs, store: store) {
                UInt64(max(Date().timeIntervalSince1970, 0))
            }.all()
            alerts = try await store.alerts(onlyOpen: true, page: StatusPage(limit: Self.alertLimit))
        } catch { throw Program.failure("nexo-watch", error, 3) }
        if json {
            print(JSONValue.object([JSONMember("logs", .array(statuses.map(\.json)))]).serialized())
        } else {
            print(StatusTable(statuses, alerts: alerts).text)
        }
        let codes = statuses.map(\.health.exitCode)
        let code: Int32 = codes.contains(1) ? 1 : codes.max() ?? 3
        if code != 0 { throw ExitCode(code) }
    }
}
