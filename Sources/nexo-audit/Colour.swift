import Foundation

/// Colour for severities, on a terminal alone, and not where NO_COLOR is set.
enum Colour {
    static var isWanted: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(FileHandle.standardOutput.fileDescriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
            && environment["TERM"] != "dumb"
    }

    /// Colours the first word of each line that is a severity.
    static func severities(in text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            for (word, code) in [("violation", "31"), ("unchecked", "33"), ("warning", "33")]
            where line.hasPrefix("  \(word) ") {
                return "  \u{1B}[\(code)m\(word)\u{1B}[0m" + line.dropFirst(2 + word.count)
            }
            return String(line)
        }.joined(separator: "\n")
    }
}
