import Foundation
import HostileLog
import Testing

/// The documents' walks: every command behind a `$` is run, in its order, and says what the document shows.
struct DocumentTests {
    struct Step {
        var command: String
        /// Lines of output; `…` stands for what is another each time.
        var output: [String] = []
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The indented lines of a document: a command, lines that continue it behind a backslash, and its output.
    private static func steps(_ document: String) throws -> [Step] {
        let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
        var steps: [Step] = []
        var isOpen = false
        var isContinued = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("    ") else {
                (isOpen, isContinued) = (false, false)
                continue
            }
            let content = String(line.dropFirst(4))
            if content.hasPrefix("$ ") {
                steps.append(Step(command: String(content.dropFirst(2))))
                isOpen = true
            } else if isContinued {
                steps[steps.count - 1].command += "\n" + content
            } else if isOpen {
                steps[steps.count - 1].output.append(content)
            } else {
                continue
            }
            isContinued = content.hasSuffix("\\") && steps.last?.output.isEmpty == true
        }
        return steps
    }

    private static func matches(_ shown: String, _ said: Substring) -> Bool {
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

    @Test(arguments: ["docs/AUDITING.md"])
    func everyCommandSaysWhatTheDocumentShows(document: String) async throws {
        let folder = try ScratchFolder()
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "Fixtures"), withDestinationURL: Self.root.appending(path: "Fixtures"))
        let steps = try Self.steps(document)
        #expect(steps.count > 3)
        for step in steps {
            let result = try await Program.shell(step.command, folder: folder.url)
            let said = (result.output + result.errors).split(separator: "\n")
            #expect(result.code == 0 || !said.isEmpty, "\(step.command): \(result.code)")
            guard !step.output.isEmpty else { continue }
            #expect(said.count == step.output.count, "\(step.command): \(said)")
            for (shown, line) in zip(step.output, said) { #expect(Self.matches(shown, line), "\(step.command)") }
        }
    }
}
