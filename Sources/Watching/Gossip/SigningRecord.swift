import Foundation
import LogFiles
import TransparencyLog

/// What a key signed last of each log, in a file beside the database.
///
/// A database that is restored from a backup forgets what was signed since. The file is written and synced before any
/// signature leaves, so that such a watcher still contradicts nothing that it said.
struct SigningRecord: Sendable {
    struct Signed: Hashable, Sendable {
        var treeSize: UInt64
        var root: Digest
    }

    /// Why it cannot be known what was signed.
    struct Lost: Error, CustomStringConvertible {
        let description: String
    }

    private static let format = "nexo-signed/v1"
    private static let maximumBytes = 64 << 20
    let key: CosignerKey
    let path: String

    /// - Parameter store: path of the database.
    init(store: String, key: CosignerKey) {
        self.key = key
        // By the whole key: another one has signed nothing of this.
        path = "\(store).signed-\(Digest.sha256(Array(key.description.utf8)).hex.prefix(16))"
    }

    /// - Returns: by log_id; nil where there is no file.
    func load() throws -> [String: Signed]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        try DurableFolder.settle(nameOf: path)
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.maximumBytes,
            let value = try? JSONReader.parse(Array(data)), value["format"]?.text?.description == Self.format,
            value["key"]?.text?.description == key.description, let logs = value["logs"]?.members
        else { throw lost("cannot be read, or is damaged") }
        return try logs.reduce(into: [:]) { signed, entry in
            guard let size = entry.value["tree_size"]?.plainInteger,
                let root = entry.value["root"]?.text.flatMap(Digest.init(base64:))
            else { throw lost("is damaged at \(entry.name)") }
            signed[entry.name.description] = Signed(treeSize: size, root: root)
        }
    }

    func save(_ signed: [String: Signed]) throws {
        let logs = signed.sorted { $0.key < $1.key }.map { logID, signed in
            JSONMember(
                logID,
                .object([
                    JSONMember("tree_size", .integer(signed.treeSize)), JSONMember("root", .string(signed.root.base64)),
                ]))
        }
        let value = JSONValue.object([
            JSONMember("format", .string(Self.format)), JSONMember("key", .string(key.description)),
            JSONMember("logs", .object(logs)),
        ])
        try AtomicFile.write(value.bytes() + [0x0A], to: path)
    }

    func lost(_ reason: String) -> Lost {
        Lost(
            description:
                "\(path) \(reason): what \(key.name) signed is not known, and it signs nothing more; bring the file back, "
                + "or make a new key with nexo-watch keygen under a new name")
    }
}
