import Foundation
import HostileLog
import Testing

/// What argument-parser makes of the programs' commands: help, completions and the man page rest on it.
struct CompletionTests {
    /// As far as the tests ask; argument-parser writes more (`--experimental-dump-help`).
    private struct ToolInfo: Decodable {
        var command: CommandInfo
    }

    private struct CommandInfo: Decodable {
        var commandName: String
        var abstract: String?
        var arguments: [ArgumentInfo]?
        var subcommands: [CommandInfo]?
    }

    private struct ArgumentInfo: Decodable {
        var kind: String
        var abstract: String?
        var valueName: String?
        var defaultValue: String?
        var names: [Name]?

        struct Name: Decodable {
            var kind: String
            var name: String
        }

        /// As help shows it.
        var text: String {
            guard let name = names?.first else { return "<\(valueName ?? "")>" }
            return (name.kind == "long" ? "--" : "-") + name.name
        }
    }

    private static let programs = ["nexo-watch", "nexo-audit", "nexo-server"]

    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func commands(_ program: String) async throws -> CommandInfo {
        let result = try await Program.run(program, ["--experimental-dump-help"], folder: folder.url)
        #expect(result.code == 0 && result.errors.isEmpty)
        return try JSONDecoder().decode(ToolInfo.self, from: Data(result.output.utf8)).command
    }

    /// Every command with the words that lead to it; `help` is argument-parser's own.
    private static func all(_ command: CommandInfo, path: [String] = []) -> [(path: [String], command: CommandInfo)] {
        let below = (command.subcommands ?? []).filter { $0.commandName != "help" }
        return [(path, command)] + below.flatMap { all($0, path: path + [$0.commandName]) }
    }

    /// Manual pages are made on one machine and read on others: what the number of cores says is no default there.
    @Test(arguments: ["nexo-watch", "nexo-audit"])
    func noDefaultIsOfThisMachine(program: String) async throws {
        let jobs = Self.all(try await commands(program)).flatMap { $0.command.arguments ?? [] }
            .filter { $0.text == "--jobs" }
        #expect(!jobs.isEmpty)
        #expect(jobs.compactMap(\.defaultValue) == [])
    }

    @Test(arguments: programs, ["bash", "zsh", "fish"])
    func completionScripts(program: String, shell: String) async throws {
        let result = try await Program.run(program, ["--generate-completion-script", shell], folder: folder.url)
        #expect(result.code == 0 && result.errors.isEmpty)
        for (path, _) in Self.all(try await commands(program)) {
            guard let name = path.last else { continue }
            #expect(result.output.contains(name), "\(program) \(path.joined(separator: " "))")
        }
    }

    @Test(arguments: programs)
    func everyCommandAndArgumentIsDescribed(program: String) async throws {
        let all = Self.all(try await commands(program))
        #expect(all.count > 1)
        for (path, command) in all {
            let name = ([program] + path).joined(separator: " ")
            #expect(command.abstract?.isEmpty == false, "\(name) has no abstract")
            for argument in command.arguments ?? [] {
                #expect(argument.abstract?.isEmpty == false, "\(name) \(argument.text) has no help")
            }
        }
    }

    @Test(arguments: programs)
    func helpNamesEveryArgument(program: String) async throws {
        for (path, command) in Self.all(try await commands(program)) {
            let name = ([program] + path).joined(separator: " ")
            let result = try await Program.run(program, path + ["--help"], folder: folder.url)
            #expect(result.code == 0 && result.errors.isEmpty, "\(name)")
            #expect(result.output.contains("USAGE: \(name)"), "\(name)")
            for argument in command.arguments ?? [] {
                #expect(result.output.contains(argument.text), "\(name) \(argument.text)")
            }
        }
    }
}
