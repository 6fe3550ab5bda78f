import TransparencyLog

/// Walks through registrations that were fetched, and keeps the tree over them.
struct LeafReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private(set) var tree: TreeVerifier
    /// The hashes of the leaves read since they were last taken.
    private(set) var leaves: [Digest] = []
    /// Bytes of the file before `position`.
    private(set) var offset: UInt64
    private(set) var lastLine: [UInt8]
    /// A line that cannot be read stops the walk: the leaf that it stood for is unknown.
    private(set) var isBlocked = false

    init(_ bytes: ArraySlice<UInt8>, position: LogPosition, tree: TreeVerifier) {
        self.bytes = bytes
        self.position = bytes.startIndex
        self.tree = tree
        offset = position.leafOffset
        lastLine = position.lastLeafLine
    }

    var count: UInt64 { tree.frontier.end }

    mutating func takeLeaves() -> [Digest] {
        defer { leaves = [] }
        return leaves
    }

    /// Reads on to `size` leaves, or as far as whole lines go; an unterminated last line may still be being written.
    mutating func advance(to size: UInt64) -> [Finding] {
        var findings: [Finding] = []
        while !isBlocked, count < size, let end = bytes[position...].firstIndex(of: 0x0A) {
            let line = Array(bytes[position..<end])
            do {
                let value = try JSONReader.parse(line, maximumBytes: 1 << 20)
                let registration = try Registration(value)
                let claim = value["leaf_hash"]?.text.flatMap(Digest.init(base64:))
                if let finding = tree.append(registration, claimed: claim) { findings.append(finding) }
                leaves.append(registration.leafHash)
            } catch {
                isBlocked = true
                findings.append(
                    Finding(
                        .leafMalformed, treeSize: count + 1, expected: "a registration at byte \(offset)",
                        found: "\(error)"))
                continue
            }
            offset += UInt64(line.count) + 1
            position = end + 1
            lastLine = line
        }
        return findings
    }
}
