import ArgumentParser
import Foundation
import ProgramSupport
import Serving

struct Compact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite a data folder in less space, and prove that the published chain is the same.",
        discussion: """
            Environment: RETAIN_RAW=1 keeps members of registrations that the protocol does not know; RETAIN_TORN_DAYS \
            (default 30) keeps set-aside tails for so long. Heads are never rewritten, and no key is needed: trust.json says whose heads they are. Stop the server first.
            """)

    @Option(help: "The folder of users.jsonl and sth.jsonl.")
    var data = "data"

    func run() async throws {
        let folder = URL(fileURLWithPath: data)
        let retention: Compaction.Retention
        do {
            retention = try Compaction.Retention(environment: try ServerEnvironment.read())
        } catch { throw Program.failure("nexo-server", error, 2) }
        do {
            let result = try await Compaction.run(folder, retention: retention, now: Date())
            print(
                "\(result.registrations) registrations: \(result.bytesBefore) bytes before, \(result.bytesAfter) after")
            for name in result.removed { print("removed \(name)") }
        } catch { throw Program.failure("nexo-server", error, 3) }
    }
}
