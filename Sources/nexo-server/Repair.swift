import ArgumentParser
import Foundation
import LogFiles
import ProgramSupport
import Serving

struct Repair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set the end of a data folder's file aside, from a line on that cannot be read.",
        discussion: "What is cut is kept beside the file. `run` names the command where one can help.")

    @Option(help: "The folder of users.jsonl and sth.jsonl.")
    var data = "data"

    @Option(help: "Cut users.jsonl before this line; never one that a published head covers.")
    var usersFrom: Int?

    @Option(
        help: "Cut sth.jsonl before this line. A head that somebody has seen, and is signed otherwise later, is a fork."
    )
    var headsFrom: Int?

    func validate() throws {
        guard (usersFrom == nil) != (headsFrom == nil) else {
            throw ValidationError("give one of --users-from and --heads-from")
        }
        guard (usersFrom ?? headsFrom ?? 0) >= 1 else { throw ValidationError("lines are counted from 1") }
    }

    func run() async throws {
        do {
            let cut = try FolderRepair.run(
                URL(fileURLWithPath: data), usersFrom: usersFrom, headsFrom: headsFrom)
            print("\(cut.lines) lines from byte \(cut.byteOffset) on were set aside in \(cut.savedAs)")
        } catch { throw Program.failure("nexo-server", error, 3) }
    }
}
