import LogFiles
public import TransparencyLog

/// A head that a proof can stand on: a quorum signed it, in one head, and the registrations at hand give its root.
public struct ProvingHead: Sendable {
    public let head: SignedTreeHead
    /// Sorted.
    public let signers: [String]
    /// Where it stands in its file, from 1.
    public let line: Int

    /// Heads that are tried before the whole file is: in an honest log the newest is the one.
    private static let tried = 64

    /// Why the newest registration at hand need not be the log's: a quorum signed a head that is as large, or larger, and the
    /// registrations do not give its root, or are too few for it.
    public private(set) var passedOver: String?

    /// The largest heads of some, at most as many as are tried.
    private struct Largest {
        /// Ascends by size, and among equals by place.
        private(set) var entries: [HeadStream.Entry] = []
        private(set) var isCut = false

        mutating func insert(_ entry: HeadStream.Entry) {
            // A head that is smaller than all goes first.
            let place = (entries.lastIndex { $0.head.treeSize <= entry.head.treeSize } ?? -1) + 1
            entries.insert(entry, at: place)
            guard entries.count > tried else { return }
            entries.removeFirst()
            isCut = true
        }
    }

    /// The largest of the heads whose sizes are in a range, and of those the last in the file.
    ///
    /// - Throws: `LogFileError`; `AskFailure` where there is none, with the reason.
    static func newest(
        in path: String, sizes: ClosedRange<UInt64>, tree: LeafTree, verifier: HeadVerifier
    ) throws -> ProvingHead {
        var (within, beyond) = (Largest(), Largest())
        var stream = try HeadStream(path: path)
        while let entry = try stream.next() {
            guard sizes.contains(entry.head.treeSize) else { continue }
            if entry.head.treeSize <= tree.size { within.insert(entry) } else { beyond.insert(entry) }
        }
        var found: ProvingHead?
        for entry in within.entries.reversed() where found == nil {
            found = try? judge(entry, tree, verifier).get()
        }
        var head = try found ?? search(path, sizes, tree, verifier)
        for entry in beyond.entries.reversed() + within.entries.reversed() where head.passedOver == nil {
            head.look(at: entry, tree, verifier)
        }
        if head.passedOver == nil, beyond.isCut || found == nil {
            // Others may hide behind many that nobody signed.
            var stream = try HeadStream(path: path)
            while head.passedOver == nil, let entry = try stream.next() {
                if sizes.contains(entry.head.treeSize) { head.look(at: entry, tree, verifier) }
            }
        }
        return head
    }

    private mutating func look(at entry: HeadStream.Entry, _ tree: LeafTree, _ verifier: HeadVerifier) {
        let size = entry.head.treeSize
        guard size >= head.treeSize, tree.root(at: size) != entry.head.root,
            verifier.isQuorum(verifier.verify(entry.head).signers)
        else { return }
        passedOver =
            size > tree.size
            ? "line \(entry.line) is a head of size \(size) with a quorum, and only \(tree.size) registrations are at hand"
            : "line \(entry.line) is a head of size \(size) with a quorum and another root than the registrations give"
    }

    private enum Refusal: Error {
        case otherRoot, noQuorum
    }

    private static func judge(
        _ entry: HeadStream.Entry, _ tree: LeafTree, _ verifier: HeadVerifier
    ) -> Result<ProvingHead, Refusal> {
        guard tree.root(at: entry.head.treeSize) == entry.head.root else { return .failure(.otherRoot) }
        let judged = verifier.verify(entry.head)
        guard verifier.isQuorum(judged.signers) else { return .failure(.noQuorum) }
        return .success(ProvingHead(head: entry.head, signers: judged.signers.sorted(), line: entry.line))
    }

    /// Judges every head of the file, and counts why none will do.
    private static func search(
        _ path: String, _ sizes: ClosedRange<UInt64>, _ tree: LeafTree, _ verifier: HeadVerifier
    ) throws -> ProvingHead {
        var best: ProvingHead?
        var (read, inRange, beyond, otherRoot, noQuorum) = (0, 0, 0, 0, 0)
        var stream = try HeadStream(path: path)
        while let entry = try stream.next() {
            read += 1
            guard sizes.contains(entry.head.treeSize) else { continue }
            inRange += 1
            guard entry.head.treeSize <= tree.size else {
                beyond += 1
                continue
            }
            switch judge(entry, tree, verifier) {
            case .success(let head): if head.head.treeSize >= best?.head.treeSize ?? 0 { best = head }
            case .failure(.otherRoot): otherRoot += 1
            case .failure(.noQuorum): noQuorum += 1
            }
        }
        if let best { return best }
        let wanted = sizes.lowerBound == sizes.upperBound ? "\(sizes.lowerBound)" : "\(sizes.lowerBound) or more"
        var reasons = ["of \(read) heads, \(inRange) have size \(wanted)"]
        if beyond > 0 { reasons.append("\(beyond) cover more than the \(tree.size) registrations at hand") }
        if otherRoot > 0 { reasons.append("\(otherRoot) have another root than the registrations give") }
        if noQuorum > 0 { reasons.append("\(noQuorum) have no quorum of the pinned cosigners") }
        if stream.malformedCount > 0 { reasons.append("\(stream.malformedCount) lines could not be read") }
        throw AskFailure("\(path): no head to prove against: \(reasons.joined(separator: "; "))")
    }
}
