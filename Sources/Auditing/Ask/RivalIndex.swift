import TransparencyLog

/// A head's essentials, and the line of its file where it stands.
struct PlacedHead: Sendable {
    let known: ChainVerifier.Known
    let line: Int
    /// Lines of the same head with signatures that those before lack.
    var others: [Int] = []

    /// The same head with the signatures of a further line.
    func joined(with other: PlacedHead) -> PlacedHead {
        guard !other.known.signers.isSubset(of: known.signers) else { return self }
        let all = ChainVerifier.Known(
            hash: known.hash, predecessor: known.predecessor, treeSize: known.treeSize, root: known.root,
            timestamp: known.timestamp, signers: known.signers.union(other.known.signers))
        return PlacedHead(known: all, line: line, others: others + [other.line])
    }
}

/// Finds the heads that another one may contradict: of its size, or with its predecessor.
///
/// A contradiction depends on who signed. Heads that nobody pinned signed are left out, and of heads that are alike but
/// for their time the first alone is kept, so that a million heartbeats of one size cost no more than one.
struct RivalIndex {
    private struct BySize: Hashable {
        let treeSize: UInt64
        let root: Digest
        let signers: Set<String>
    }

    private struct ByParent: Hashable {
        let parent: Digest
        let treeSize: UInt64
        let signers: Set<String>
    }

    private var seenSizes: Set<BySize> = []
    private var seenParents: Set<ByParent> = []
    private var bySize: [UInt64: [PlacedHead]] = [:]
    private var byParent: [Digest: [PlacedHead]] = [:]

    mutating func add(_ placed: PlacedHead) {
        let head = placed.known
        guard !head.signers.isEmpty else { return }
        if seenSizes.insert(.init(treeSize: head.treeSize, root: head.root, signers: head.signers)).inserted {
            bySize[head.treeSize, default: []].append(placed)
        }
        guard case .hash(let parent) = head.predecessor,
            seenParents.insert(.init(parent: parent, treeSize: head.treeSize, signers: head.signers)).inserted
        else { return }
        byParent[parent, default: []].append(placed)
    }

    func relatives(of head: ChainVerifier.Known) -> [PlacedHead] {
        guard !head.signers.isEmpty else { return [] }
        var found = (bySize[head.treeSize] ?? []).filter { $0.known.root != head.root }
        if case .hash(let parent) = head.predecessor {
            found += (byParent[parent] ?? []).filter { $0.known.treeSize != head.treeSize }
        }
        return found
    }
}
