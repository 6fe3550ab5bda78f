import ArgumentParser
import Foundation
import ProgramSupport
import Serving

struct Compact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite a data folder in less space, and prove that the published chain is the same.",
        discussion: """
            Environment: RETAIN_RAW=1 keeps members of registrations that the protocol does not know; RETAIN_TORN_DAYS \
            (default 30) keeps set-aside tails for so long. Heads are never rewritten. Stop the server first.
            """)

    @Option(help: "The folder of users.jsonl and sth.jsonl.")
    var data = "data"

    func run() async throws {
        let folder = URL(fileURLWithPath: data)
        let keys: CosignerKeys
        let retention: Compaction.Retention
        do {
            let environment = try ServerEnvironment.read()
            keys = try CosignerKeys.load(environment: environment, folder: folder.appending(path: "keys"))
            retention = try Compaction.Retention(environment: environment)
        } catch { throw Program.failure("nexo-server", error, 2) }
        do {
            let result = try await Compaction.run(folder, keys: keys, retention: retention, now: Date())
            print(
                "\(result.registrations) registrations: \(result.bytesBefore) bytes before, \(result.bytesAfter) after")
            for name in result.removed { print("removed \(name)") }
        } catch { throw Program.failure("nexo-server", error, 3) }
    }
}
