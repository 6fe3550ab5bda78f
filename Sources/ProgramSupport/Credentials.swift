import Foundation

/// Secrets that systemd hands to a service as files (LoadCredential=), for settings that else stand in the environment.
///
/// The environment of a process is inherited by what it starts, and shown by tools; such a file is not.
public enum Credentials {
    /// What could not be read; the content is never repeated.
    public struct Unreadable: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// Of one file: a key or a token is far smaller.
    static let maximumBytes = 16_384

    /// An environment, and what the credentials say of those of its names that it leaves open.
    ///
    /// - Parameter names: settings that may come from a file of that name in $CREDENTIALS_DIRECTORY.
    public static func completing(
        _ environment: [String: String], names: [String]
    ) throws(Unreadable) -> [String: String] {
        guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return environment }
        var complete = environment
        for name in names where environment[name, default: ""].isEmpty {
            let file = URL(fileURLWithPath: folder).appending(path: name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            complete[name] = try read(file)
        }
        return complete
    }

    private static func read(_ file: URL) throws(Unreadable) -> String {
        let bytes: Data
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            bytes = try handle.read(upToCount: maximumBytes + 1) ?? Data()
        } catch { throw Unreadable(description: "\(file.path): cannot be read; check the unit's LoadCredential=") }
        guard bytes.count <= maximumBytes, let text = String(bytes: bytes, encoding: .utf8) else {
            throw Unreadable(description: "\(file.path): must be text of at most \(maximumBytes) bytes")
        }
        // Editors and `echo` end a file with a newline.
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
