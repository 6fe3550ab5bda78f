import ArgumentParser
import Auditing
import ProgramSupport
import TransparencyLog

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List every key that an id ever had, with the size, the time and a proof of each.",
        discussion: """
            Without --heads the registrations are listed and nothing is proved. Exit codes: 0 listed, and proved where \
            heads are given; 1 a stored leaf_hash is wrong; 3 the id is not there, or not all could be read or proved.
            """)

    @Option(help: "The id, compared byte by byte.")
    var id: String

    @Option(help: "The registrations, one JSON object a line.")
    var leaves: String

    @Option(help: "The published heads, one JSON object a line, to prove inclusion against; needs --trust.")
    var heads: String?

    @Option(help: "The trust file that pins the log's dialect, quorum and keys; needs --heads.")
    var trust: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        guard (heads == nil) == (trust == nil) else {
            throw ValidationError("--heads and --trust belong together: give both or neither")
        }
    }

    func run() throws {
        let trustFile = try trust.map(Inputs.trust)
        let history: History
        do {
            history = try History.of(
                JSONText(id), leaves: leaves, heads: heads.flatMap { path in trustFile.map { (path, $0) } })
        } catch { throw Program.failure("nexo-audit", error, 3) }
        print(json ? history.json() : history.text(), terminator: "")
        let code = history.exitCode(headsGiven: heads != nil)
        if code != 0 { throw ExitCode(code) }
    }
}
