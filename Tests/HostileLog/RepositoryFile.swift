public import Foundation

/// A document of the repository that tests read.
public enum RepositoryFile {
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    public static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    public static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// One that the code also knows; with `NEXO_WRITE_DOCS=1` in the environment it is written anew first.
    public static func text(_ path: String, writing text: String) throws -> String {
        if ProcessInfo.processInfo.environment["NEXO_WRITE_DOCS"] == "1" {
            try Data(text.utf8).write(to: root.appending(path: path))
        }
        return try self.text(path)
    }
}
