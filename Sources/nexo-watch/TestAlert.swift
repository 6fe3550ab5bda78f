import ArgumentParser
import Foundation
import ProgramSupport
import Watching

struct TestAlert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a test through every sink, and say what each answered.",
        discussion: "Exit codes: 0 every sink took it, 2 usage or configuration, 3 one did not take it.")

    @Option(help: "The configuration, watch.yaml.")
    var config = "watch.yaml"

    func run() async throws {
        let sinks: [any AlertSink]
        do {
            sinks = try ConfigurationFile.load(config).alertSinks()
            guard !sinks.isEmpty else {
                throw ValidationError("\(config): there are no sinks; name some under alerts: sinks:")
            }
        } catch { throw Program.failure("nexo-watch", error, 2) }
        let message = AlertMessage.test(at: UInt64(max(Date().timeIntervalSince1970, 0)))
        let answers = await withTaskGroup(of: (Int, String, Bool).self) { group in
            for (index, sink) in sinks.enumerated() {
                group.addTask {
                    do { return (index, "took it: \(try await sink.send(message))", true) } catch {
                        return (index, "failed: \(error)", false)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
        }
        for (index, answer, _) in answers { print("\(sinks[index].name): \(answer)") }
        guard answers.allSatisfy(\.2) else {
            Program.say("nexo-watch: not everybody can be told; check alerts: sinks: in \(config)")
            throw ExitCode(3)
        }
    }
}
