/// Size and root of a log's tree, as the text of a note (C2SP tlog-checkpoint).
///
/// The root is that of the NEXO tree, whose hashes have no prefix for leaves and nodes: a checkpoint says as much as any
/// other, and proofs to it are made with that recipe.
public struct Checkpoint: Hashable, Sendable {
    /// Names the log.
    public let origin: String
    public let treeSize: UInt64
    public let root: Digest
    /// Further lines, which nobody vouches for.
    public let extensions: [String]

    public init(origin: String, treeSize: UInt64, root: Digest) {
        self.origin = origin
        self.treeSize = treeSize
        self.root = root
        extensions = []
    }

    /// The origin of a NEXO log: its identity, which survives moves between URLs.
    public static func origin(logID: String) -> String { "nexo-log/\(logID)" }

    /// With its final newline.
    public var text: String {
        ([origin, String(treeSize), root.base64] + extensions).map { $0 + "\n" }.joined()
    }

    public init(text: String) throws(SignedNote.Malformed) {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String($0) ?? "" }
        guard lines.count >= 4, lines.last == "", !lines.dropLast().contains("") else {
            throw SignedNote.Malformed(description: "a checkpoint has three lines at least, and none is empty")
        }
        guard let treeSize = UInt64(lines[1]), String(treeSize) == lines[1] else {
            throw SignedNote.Malformed(description: "the tree size must be decimal digits without leading zeroes")
        }
        guard let root = Digest(base64: JSONText(lines[2])) else {
            throw SignedNote.Malformed(description: "the root must be the strict base64 of 32 bytes")
        }
        origin = lines[0]
        self.treeSize = treeSize
        self.root = root
        extensions = Array(lines[3..<(lines.count - 1)])
    }
}
