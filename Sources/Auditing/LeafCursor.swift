import LogFiles
import TransparencyLog

/// Reads leaves forward and keeps the frontier over those read: registrations from a file, or the hashes that a watcher
/// made of them.
final class LeafCursor {
    private static let leavesAtOnce = 1_024

    private var stream: LeafStream?
    private var store: StoreReader?
    private var hashes: ArraySlice<Digest> = []
    private var tile: Int64 = 0
    private let onProgress: (AuditProgress.Reached) -> Void
    private(set) var tree = TreeVerifier()
    /// Leaves read.
    private(set) var count: UInt64 = 0
    /// Ids of 24 bytes, whose leaf preimage has a node's size.
    private(set) var posingIDs: UInt64 = 0
    /// The number of the registration that could not be read; no root from there on can be checked.
    private(set) var brokenAt: UInt64?

    /// - Parameter logID: of the trust file, for a store; it holds several logs.
    init(
        _ input: Audit.LeafInput, logID: String, onProgress: @escaping (AuditProgress.Reached) -> Void = { _ in }
    ) throws(LogFileError) {
        self.onProgress = onProgress
        switch input {
        case .file(let path): stream = try LeafStream(path: path)
        case .store(let path, let log): store = try StoreReader(path: path, log: log, logID: logID)
        }
    }

    /// Goes on where another cursor over the same file stood.
    init(_ path: String, at place: LeafPlace, onProgress: @escaping (AuditProgress.Reached) -> Void = { _ in })
        throws(LogFileError)
    {
        self.onProgress = onProgress
        stream = try LeafStream(path: path, behind: place.frontier.end)
        tree = TreeVerifier(frontier: place.frontier)
        count = place.frontier.end
        posingIDs = place.posingIDs
        brokenAt = place.brokenAt
    }

    var place: LeafPlace { LeafPlace(frontier: tree.frontier, posingIDs: posingIDs, brokenAt: brokenAt) }

    /// Reads on until `size` leaves are read, the input ends, or a registration cannot be read.
    func advance(to size: UInt64) throws(LogFileError) -> [Finding] {
        try store == nil ? advanceInFile(to: size) : advanceInStore(to: size)
    }

    private func advanceInFile(to size: UInt64) throws(LogFileError) -> [Finding] {
        var findings: [Finding] = []
        // Leaves that are read and not yet in the tree, which takes many faster than one.
        var waiting: [Digest] = []
        defer { tree.append(contentsOf: waiting) }
        while brokenAt == nil, count < size {
            guard let leaf = try stream?.nextHash() ?? nil else {
                if let broken = stream?.broken ?? nil {
                    brokenAt = count + 1
                    findings.append(broken)
                }
                break
            }
            count += 1
            if leaf.canPoseAsNode { posingIDs += 1 }
            waiting.append(leaf.hash)
            if waiting.count == Self.leavesAtOnce {
                tree.append(contentsOf: waiting)
                waiting.removeAll(keepingCapacity: true)
            }
            if var finding = TreeVerifier.check(leaf.hash, claimed: leaf.claimed, treeSize: count) {
                finding.line = leaf.line
                finding.byteOffset = leaf.byteOffset
                findings.append(finding)
            }
            if count.isMultiple(of: 100_000) { onProgress(.init(count: count, bytes: leaf.byteOffset)) }
        }
        return findings
    }

    private func advanceInStore(to size: UInt64) throws(LogFileError) -> [Finding] {
        while count < size {
            if hashes.isEmpty {
                hashes = try store?.leafHashes(tile: tile)[...] ?? []
                tile += 1
            }
            guard let leaf = hashes.popFirst() else { break }
            tree.append(leaf)
            count += 1
        }
        return []
    }
}
