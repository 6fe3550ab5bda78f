import Foundation
import HostileLog
import Testing

/// A command that a document shows in a block, and what it says there.
struct DocumentCommand: CustomTestStringConvertible, Sendable {
    let document: String
    let line: Int
    /// With the lines that continue it behind a backslash.
    var text: String
    /// Lines of output behind a `$`; `…` stands for what is another each time.
    var output: [String] = []

    var testDescription: String { "\(document):\(line): \(text.prefix(80))" }

    /// What a block of commands begins with; other blocks are files, formats and answers.
    private static let programs: Set<Substring> = [
        "nexo-watch", "nexo-audit", "nexo-server", "nexo-client", "nexo-bench", "swift", "curl", "kill", "export",
        "apt", "apt-get", "dpkg", "dpkg-deb", "docker", "systemctl", "systemd-run", "journalctl", "systemd-analyze",
        "sudo", "promtool", "amtool", "git", "openssl", "python3", "sqlite3", "seq", "tar", "cp", "mv", "rm", "cat",
        "mkdir", "chmod", "cd", "for", "install", "sha256sum", "lintian", ".ci/run", "$",
    ]

    private static func isCommand(_ text: String) -> Bool {
        let word = text.prefix { $0 != " " }
        // A drawing or a table, not a line for a shell.
        if text.dropFirst(word.count).hasPrefix("  ") { return false }
        return programs.contains(word) || word.hasPrefix("scripts/") || word.hasPrefix("./")
            || word.wholeMatch(of: /[A-Z_]+=.+/) != nil
    }

    /// All documents, by their paths.
    static func documents() throws -> [String] {
        let root = RepositoryFile.root
        var paths = try FileManager.default.contentsOfDirectory(atPath: root.path)
        paths += try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "docs").path)
            .map { "docs/" + $0 }
        return paths.filter { $0.hasSuffix(".md") }.sorted()
    }

    /// The commands of a document, in their order.
    static func all(in document: String) throws -> [DocumentCommand] {
        var commands: [DocumentCommand] = []
        for block in try blocks(document) where isCommand(block[0].text) {
            let isDialogue = block[0].text.hasPrefix("$ ")
            var isContinued = false
            for (line, text) in block {
                if isContinued {
                    commands[commands.count - 1].text += "\n" + text
                } else if isDialogue, !text.hasPrefix("$ ") {
                    commands[commands.count - 1].output.append(text)
                    continue
                } else if !text.isEmpty, !text.hasPrefix("#") {
                    let command = isDialogue ? String(text.dropFirst(2)) : text
                    commands.append(DocumentCommand(document: document, line: line, text: command))
                }
                isContinued = text.hasSuffix("\\")
            }
        }
        return commands
    }

    /// Indented and fenced blocks, their lines without the block's indentation.
    private static func blocks(_ document: String) throws -> [[(line: Int, text: String)]] {
        var blocks: [[(line: Int, text: String)]] = []
        var block: [(line: Int, text: String)] = []
        var isFenced = false
        var wasBlank = true
        var indentation = 0
        func end() {
            if !block.isEmpty { blocks.append(block) }
            block = []
        }
        let lines = try RepositoryFile.text(document).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = line.drop { $0 == " " }
            let spaces = line.count - text.count
            if text.hasPrefix("```") {
                end()
                isFenced.toggle()
                indentation = spaces
            } else if isFenced {
                block.append((index + 1, String(line.dropFirst(min(spaces, indentation)))))
            } else if spaces >= 4, !text.isEmpty, !block.isEmpty || wasBlank {
                if block.isEmpty { indentation = spaces }
                block.append((index + 1, String(line.dropFirst(min(spaces, indentation)))))
            } else {
                end()
            }
            wasBlank = text.isEmpty
        }
        end()
        return blocks
    }

    /// Whether a line of output is the one that the document shows.
    static func matches(_ shown: String, _ said: Substring) -> Bool {
        var rest = said
        let parts = shown.split(separator: "…", omittingEmptySubsequences: false)
        guard rest.hasPrefix(parts[0]) else { return false }
        rest = rest.dropFirst(parts[0].count)
        for part in parts.dropFirst() where !part.isEmpty {
            guard let place = rest.range(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return parts.count > 1 || rest.isEmpty
    }
}
