import LogFiles
import TransparencyLog

/// Reads users.jsonl at the start: the tree, and where each line ends.
struct RegistrationReader {
    /// Leaves that are hashed together.
    private static let batch = 4_096

    private(set) var tree = MerkleTree()
    private(set) var ends: [UInt64] = []
    private(set) var index = RegistrationIndex()

    /// The first line that is no registration; nothing behind it was read.
    private(set) var broken: (line: Int, reason: String)?

    private var leaves: [Digest] = []
    private let published: UInt64

    /// - Parameter published: so many are covered by a head; those behind them are held.
    init(path: String, published: UInt64 = .max) throws(LogFileError) {
        self.published = published
        var reader = try JSONLinesReader(path: path)
        leaves.reserveCapacity(Self.batch)
        while broken == nil {
            // Lines in their usual form where they stand; the strict reader judges all others.
            if passUsualLine(&reader) { continue }
            guard let line = try reader.next() else { break }
            read(line)
        }
        tree.append(contentsOf: leaves)
        leaves = []
    }

    private mutating func passUsualLine(_ reader: inout JSONLinesReader) -> Bool {
        var length: UInt64 = 0
        let passed = reader.pass { line in
            guard let usual = UsualLeaf(line) else { return false }
            length = UInt64(line.count) + 1
            let id = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: line[usual.id]))
            add(idHash: RegistrationIndex.hash(ofID: id), leaf: usual.hash)
            return true
        }
        guard let passed else { return false }
        ends.append(passed.byteOffset + length)
        return true
    }

    private mutating func read(_ line: JSONLine) {
        guard !line.isOverlong else {
            broken = (line.number, "is too long for a registration")
            return
        }
        do {
            let registration = try Registration(JSONReader.parse(line.bytes))
            add(idHash: RegistrationIndex.hash(of: registration.id), leaf: registration.leafHash)
            ends.append(line.endOffset)
        } catch {
            broken = (line.number, "\(error)")
        }
    }

    private mutating func add(idHash: Int, leaf: Digest) {
        let place = tree.size + UInt64(leaves.count)
        if place < published {
            index.add(idHash: idHash, leaf: leaf, at: place)
        } else {
            index.hold(idHash: idHash, leaf: leaf)
        }
        leaves.append(leaf)
        guard leaves.count == Self.batch else { return }
        tree.append(contentsOf: leaves)
        leaves.removeAll(keepingCapacity: true)
    }
}
