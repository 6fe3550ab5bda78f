import TransparencyLog

/// Walks through registrations that were fetched, and keeps the tree over them.
struct LeafReader {
    /// A place in the file, with the tree over all leaves before it.
    struct Mark: Sendable {
        var frontier: Frontier
        var offset: UInt64
        var lastLine: [UInt8]
        fileprivate var leaves: Int

        /// Whether reading went on behind this place of a log.
        func stands(at position: LogPosition) -> Bool {
            frontier.end == position.leafCount && offset == position.leafOffset && lastLine == position.lastLeafLine
        }
    }

    /// What a signed root vouches for, since that was last taken.
    struct Vouched: Sendable {
        var mark: Mark
        var leaves: LeafList
        var keys: KeyBook.Changes?
    }

    /// A longer line is no registration, and is not waited for.
    static let maximumLineBytes = 1 << 20

    private let format: Format
    private var bytes: ArraySlice<UInt8>
    private(set) var tree: TreeVerifier
    /// The hashes of the leaves read since they were last taken.
    private(set) var leaves = LeafList()
    /// Where those go that memory has no room for.
    private var scratch: ScratchFile?
    /// Bytes of the file before what is next.
    private var offset: UInt64
    private var lastLine: [UInt8]
    /// The last place that a signed root vouched for.
    private(set) var marked: Mark?
    /// The place that `leaves` begin at: everything before it is stored, or is about to be.
    private(set) var begin: Mark
    /// A line that cannot be read stops the walk: the leaf that it stood for is unknown.
    private(set) var isBlocked = false
    /// The keys of watched ids; `nil`: none are, or the leaves have no names.
    var keys: KeyBook?

    init(
        _ bytes: ArraySlice<UInt8>, _ format: Format, position: LogPosition, tree: TreeVerifier, keys: KeyBook? = nil
    ) {
        self.keys = keys
        self.format = format
        self.bytes = bytes
        self.tree = tree
        offset = position.leafOffset
        lastLine = position.lastLeafLine
        begin = Mark(frontier: tree.frontier, offset: offset, lastLine: lastLine, leaves: 0)
    }

    var count: UInt64 { tree.frontier.end }

    /// Bytes of the file before what is to be fetched next.
    var end: UInt64 { offset + UInt64(bytes.count) }

    /// Adds what stands at `end`.
    mutating func refill(_ more: ArraySlice<UInt8>) {
        LoopPulse.current?.works()
        bytes = bytes.isEmpty ? more : bytes + more
    }

    /// Where a poll that goes on reads: what was read stands before it.
    var place: LogPosition {
        var place = LogPosition()
        (place.leafOffset, place.lastLeafLine) = (offset, lastLine)
        return place
    }

    /// Goes on behind what was read, with what stands there now.
    mutating func resume(_ more: ArraySlice<UInt8>) {
        bytes = []
        refill(more)
    }

    /// Moves hashes out of memory where they are many.
    ///
    /// - Parameter folder: of the file that takes them.
    mutating func layAside(in folder: String) throws(FetchError) {
        guard leaves.countInMemory >= LeafList.piece else { return }
        let file: ScratchFile
        if let scratch { file = scratch } else { file = try ScratchFile(folder: folder) }
        scratch = file
        try leaves.layAside(in: file)
    }

    mutating func mark() {
        marked = Mark(frontier: tree.frontier, offset: offset, lastLine: lastLine, leaves: leaves.count)
        keys?.mark()
    }

    /// What was read up to the mark; what is behind it stays.
    mutating func takeMarked() -> Vouched? {
        guard let mark = marked else { return nil }
        marked = nil
        defer {
            leaves = leaves.dropFirst(mark.leaves)
            begin = mark
            // Its room on the disk is free once what was taken is stored.
            if leaves.isEmpty { scratch = nil }
        }
        return Vouched(mark: mark, leaves: leaves.prefix(mark.leaves), keys: keys?.takeMarked())
    }

    /// Reads on to `size` leaves, or as far as whole records go; an unterminated last line may still be being written.
    mutating func advance(to size: UInt64) -> [Finding] {
        switch format {
        case .registrations: return advanceLines(to: size)
        case .hashes:
            advanceHashes(to: size)
            return []
        }
    }

    private mutating func advanceHashes(to size: UInt64) {
        while count < size, let hash = Digest(bytes.prefix(Digest.byteCount)) {
            tree.append(hash)
            leaves.append(hash)
            offset += UInt64(Digest.byteCount)
            bytes = bytes.dropFirst(Digest.byteCount)
            lastLine = hash.bytes
        }
    }

    private mutating func advanceLines(to size: UInt64) -> [Finding] {
        var findings: [Finding] = []
        while !isBlocked, count < size, !Task.isCancelled, let end = bytes.firstIndex(of: 0x0A) {
            let line = Array(bytes[..<end])
            do {
                let value = try JSONReader.parse(line, maximumBytes: Self.maximumLineBytes)
                let registration = try Registration(value)
                let claim = Registration.claimedHash(in: value)
                if let finding = tree.append(registration, claimed: claim) { findings.append(finding) }
                let leaf = registration.leafHash
                leaves.append(leaf)
                let size = count
                keys?.note(registration, leaf: leaf, treeSize: size)
            } catch {
                isBlocked = true
                findings.append(
                    Finding(
                        .leafMalformed, treeSize: count + 1, expected: "a registration at byte \(offset)",
                        found: "\(error)"))
                break
            }
            offset += UInt64(line.count) + 1
            bytes = bytes[(end + 1)...]
            lastLine = line
        }
        // Else a server that never ends a line could fill the memory.
        if !isBlocked, count < size, bytes.count > Self.maximumLineBytes, !bytes.contains(0x0A) {
            isBlocked = true
            bytes = []
            findings.append(
                Finding(
                    .leafMalformed, treeSize: count + 1, expected: "a registration at byte \(offset)",
                    found: "a line of more than \(Self.maximumLineBytes) bytes"))
        }
        return findings
    }
}
