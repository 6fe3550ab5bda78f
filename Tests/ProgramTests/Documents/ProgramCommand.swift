import Foundation
import HostileLog

/// A command of a program and its options, as argument-parser knows them.
struct ProgramCommand: Decodable, Sendable {
    let name: String
    let options: Set<String>
    let subcommands: [ProgramCommand]

    private struct Tool: Decodable { let command: ProgramCommand }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let names: [Name]?
    }

    private enum Keys: String, CodingKey { case commandName, arguments, subcommands }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        name = try values.decode(String.self, forKey: .commandName)
        subcommands = try values.decodeIfPresent([ProgramCommand].self, forKey: .subcommands) ?? []
        let names = try values.decodeIfPresent([Argument].self, forKey: .arguments)?.flatMap { $0.names ?? [] }
        options = Set((names ?? []).filter { $0.kind == "long" }.map { "--" + $0.name } + ["--version", "--help"])
    }

    static func read(_ program: String) async throws -> ProgramCommand {
        let folder = try ScratchFolder()
        let result = try await Program.run(program, ["--experimental-dump-help"], folder: folder.url)
        return try JSONDecoder().decode(Tool.self, from: Data(result.output.utf8)).command
    }
}
