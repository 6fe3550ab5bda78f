import LogFiles
import TransparencyLog

/// Reads users.jsonl at the start: the tree, and where each line ends.
struct RegistrationReader {
    private(set) var tree = MerkleTree()
    private(set) var ends: [UInt64] = []
    private(set) var index = RegistrationIndex()

    /// The first line that is no registration; nothing behind it was read.
    private(set) var broken: (line: Int, reason: String)?

    init(path: String) throws(LogFileError) {
        var reader = try JSONLinesReader(path: path)
        while let line = try reader.next() {
            let registration: Registration
            guard !line.isOverlong else {
                broken = (line.number, "is too long for a registration")
                return
            }
            do {
                registration = try Registration(JSONReader.parse(line.bytes))
            } catch {
                broken = (line.number, "\(error)")
                return
            }
            let leaf = registration.leafHash
            index.add(id: registration.id, leaf: leaf, at: UInt64(ends.count))
            tree.append(leaf)
            ends.append(line.endOffset)
        }
    }
}
