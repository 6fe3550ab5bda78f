import ArgumentParser
import Foundation
import Glibc
import ProgramSupport
import Watching

struct Ack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Acknowledge alerts, with a note of what was done.",
        discussion: """
            A violation is an alert, and a fork a metric, until somebody acknowledges it; a watcher that runs notices. \
            The note, the time and your name are kept in the store.
            """)

    @Argument(help: "Ids of alerts, as alerts name them.")
    var ids: [Int64]

    @Option(help: "What was found, and what was done.")
    var note: String

    @Option(help: "The revision of the alert that was read; one that changed since is not acknowledged. Of one id.")
    var revision: Int64?

    @Option(help: "The configuration, watch.yaml.")
    var config = "watch.yaml"

    func validate() throws {
        guard revision == nil || ids.count == 1 else {
            throw ValidationError("--revision: is that of one alert; acknowledge one at a time with it")
        }
        guard !note.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, note.utf8.count <= 2_000 else {
            throw ValidationError("--note: must not be empty, nor longer than 2000 bytes")
        }
    }

    func run() async throws {
        let store: SQLiteStore
        do {
            let path = try ConfigurationFile.load(config).store
            // To open it would make a new one.
            guard FileManager.default.fileExists(atPath: path) else {
                throw ValidationError("\(path): there is no store; is this the configuration of the watcher?")
            }
            store = try SQLiteStore(path: path)
        } catch { throw Program.failure("nexo-watch", error, 2) }
        var code: Int32 = 0
        for id in ids {
            do {
                let alert = try await store.acknowledge(
                    id, revision: revision,
                    .init(at: UInt64(max(Date().timeIntervalSince1970, 0)), by: Self.user, note: note))
                let place = alert.logName.isEmpty ? "" : " of \(alert.logName)"
                print("alert \(id), \(alert.kind.rawValue)\(place): acknowledged by \(Self.user)")
            } catch let error as AcknowledgementRefused {
                code = max(code, 2)
                Program.say("nexo-watch: \(error)")
            } catch {
                code = 3
                Program.say("nexo-watch: alert \(id): \(error)")
            }
        }
        if code != 0 { throw ExitCode(code) }
    }

    /// Who runs this; behind sudo, who ran that.
    private static var user: String {
        if getuid() == 0, let name = ProcessInfo.processInfo.environment["SUDO_USER"], !name.isEmpty { return name }
        guard let entry = getpwuid(getuid()) else { return "uid \(getuid())" }
        return String(cString: entry.pointee.pw_name)
    }
}
