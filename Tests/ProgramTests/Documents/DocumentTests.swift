import Foundation
import HostileLog
import Testing

/// Documents as their readers use them: every command of every document is run, in its order, or has a reason why not.
struct DocumentTests {
    private static let documents = (try? DocumentCommand.documents()) ?? []

    @Test func documentsAreFound() throws {
        #expect(try DocumentCommand.documents().count > 15)
        #expect(try DocumentCommand.all(in: "README.md").count > 8)
        #expect(try DocumentCommand.all(in: "docs/AUDITING.md").count > 12)
    }

    /// What the sources cite of the protocol is a heading there.
    @Test func citedSectionsAreThere() throws {
        let headings = Set(
            try RepositoryFile.text("docs/PROTOCOL.md").matches(of: /(?m)^##+ (.+)$/).map { String($0.1) })
        let sources = RepositoryFile.root.appending(path: "Sources")
        var cited: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: sources.path) where name.hasSuffix(".swift") {
            let text = try RepositoryFile.text("Sources/" + name)
            cited.formUnion(text.matches(of: /PROTOCOL,(?: |\n *\/+ )"([^"]+)"/).map { String($0.1) })
        }
        #expect(cited.count > 6 && cited.isSubset(of: headings), "\(cited.subtracting(headings).sorted())")
    }

    /// The table of the server's settings, and the file to begin with, have the same names.
    @Test func settingsOfTheServer() throws {
        func names(_ text: String) -> Set<String> {
            Set(text.matches(of: /\b[A-Z]+(?:_[A-Z0-9i]+)+\b/).map { String($0.0).replacing(/_[0-2]_/, with: "_i_") })
        }
        let document = try RepositoryFile.text("docs/SERVER.md")
        let table = document.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { $0.split(separator: "|")[0] }
        let sample = names(try RepositoryFile.text(".env.sample"))
        #expect(sample.count > 20 && sample.subtracting(names(document)).isEmpty)
        let settings = names(table.joined(separator: "\n")).filter { !$0.hasPrefix("SHA_") }
        #expect(settings.subtracting(sample).isEmpty, "\(settings.subtracting(sample).sorted())")
    }

    /// Whom the plan names does run it, as far as a text can show that.
    @Test(arguments: documents)
    func whatOthersRunIsThere(document: String) throws {
        for command in try DocumentCommand.all(in: document) {
            guard case .by(let path, let text) = DocumentPlan.way(of: command) else { continue }
            let lines = try RepositoryFile.text(path).split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(lines.contains { $0.contains(text) }, "\(command.testDescription): \(path) has no \(text)")
        }
    }

    /// An exemption that nothing needs any more would hide the next command that begins like that.
    @Test func everyRuleIsNeeded() throws {
        let commands = try Self.documents.flatMap { try DocumentCommand.all(in: $0) }
        for (index, rule) in DocumentPlan.rules.enumerated() {
            let isNeeded = commands.contains { command in
                DocumentPlan.rules.firstIndex { $0.fits(command) } == index
            }
            #expect(isNeeded, "\(rule.document) \(rule.beginning)")
        }
    }

    @Test(arguments: documents)
    func everyCommandIsRun(document: String) async throws {
        let commands = try DocumentCommand.all(in: document)
        let isRun = commands.contains {
            switch DocumentPlan.way(of: $0) {
            case .run, .service: true
            case .by, .not: false
            }
        }
        guard isRun else { return }
        try await DocumentStage.run { stage in
            for command in commands {
                let result: Program.Result
                let code: Int32
                switch DocumentPlan.way(of: command) {
                case .by, .not: continue
                case .service: (result, code) = (try await stage.serve(command), 0)
                case .run(let wanted): (result, code) = (try await stage.run(command), wanted)
                }
                #expect(
                    result.code == code,
                    "\(command.testDescription): \(result.code): \(result.output)\(result.errors)"
                )
                guard !command.output.isEmpty else { continue }
                let said = (result.output + result.errors).split(separator: "\n")
                #expect(said.count == command.output.count, "\(command.testDescription): \(said)")
                for (shown, line) in zip(command.output, said) {
                    #expect(DocumentCommand.matches(shown, line), "\(command.testDescription): \(line)")
                }
            }
        }
    }

    /// Scripts and documents that a document names are there.
    @Test(arguments: documents)
    func whatIsNamedIsThere(document: String) throws {
        let text = try RepositoryFile.text(document)
        for script in text.matches(of: /\bscripts\/[a-z-]+/) {
            let path = RepositoryFile.root.appending(path: String(script.0)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(script.0)")
        }
        let folder = RepositoryFile.root.appending(path: document).deletingLastPathComponent()
        for link in text.matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
            let path = folder.appending(path: String(link.1)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(link.1)")
        }
    }

    /// Commands and options that a document names, in blocks and in the text, are those of the programs.
    @Test(arguments: documents)
    func commandsAndOptionsExist(document: String) async throws {
        let text = try RepositoryFile.text(document).replacing("\\\n", with: " ")
        let programs = ["nexo-watch", "nexo-audit", "nexo-server"]
        var known: [String: ProgramCommand] = [:]
        for program in programs where text.contains(program) { known[program] = try await .read(program) }
        for named in text.matches(of: /(?m)(?:`|^ +(?:\$ )?)(nexo-(?:watch|audit|server)) ([^ `\n][^`\n|>;]*)/) {
            let words = named.2.split(separator: " ").map(String.init)
            guard var command = known[String(named.1)] else { continue }
            var path = String(named.1)
            var rest = words[...]
            while let word = rest.first, let next = command.subcommands.first(where: { $0.name == word }) {
                (command, path, rest) = (next, "\(path) \(word)", rest.dropFirst())
            }
            let isKnown = command.subcommands.isEmpty || rest.first?.hasPrefix("-") ?? true
            #expect(isKnown, "\(document): \(path) has no command \(rest.first ?? "")")
            for option in rest.map({ $0.trimmingPrefix("[").prefix { $0.isLetter || $0 == "-" } })
            where option.hasPrefix("--") {
                #expect(command.options.contains(String(option)), "\(document): \(path) has no \(option)")
            }
        }
    }
}
