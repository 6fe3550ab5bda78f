import Foundation

/// A document of the repository that the code also knows.
public enum RepositoryFile {
    /// The file's text; with `NEXO_WRITE_DOCS=1` in the environment it is written anew first.
    public static func text(_ path: String, writing text: String) throws -> String {
        let file = url(path)
        if ProcessInfo.processInfo.environment["NEXO_WRITE_DOCS"] == "1" { try Data(text.utf8).write(to: file) }
        return try String(contentsOf: file, encoding: .utf8)
    }
}
