/// The newest heads of a chain, found by hash, by parent and by size without a walk through all of them.
struct KnownHeads: Sendable {
    private let window: Int
    private var heads: [Digest: ChainVerifier.Known] = [:]
    private var bySize: [UInt64: [Digest]] = [:]
    private var byParent: [Digest: [Digest]] = [:]
    /// The hashes in the order in which they came; those before `first` have been forgotten.
    private var order: [Digest] = []
    private var first = 0

    init(window: Int) { self.window = window }

    subscript(hash: Digest) -> ChainVerifier.Known? { heads[hash] }

    var last: ChainVerifier.Known? { order.last.flatMap { heads[$0] } }

    /// The heads that may contradict this one: of its size, or with its parent; the newest first.
    func relatives(of head: ChainVerifier.Known) -> [ChainVerifier.Known] {
        var hashes = bySize[head.treeSize] ?? []
        if case .hash(let parent) = head.predecessor { hashes += byParent[parent] ?? [] }
        return hashes.reversed().compactMap { heads[$0] }
    }

    /// Who signed any head of this size and root.
    func signers(treeSize: UInt64, root: Digest) -> Set<String> {
        (bySize[treeSize] ?? []).reduce(into: []) { signers, hash in
            if let head = heads[hash], head.root == root { signers.formUnion(head.signers) }
        }
    }

    /// Adds the signers to the same head that is known already; false if it is not.
    mutating func addSigners(of head: ChainVerifier.Known) -> Bool {
        guard heads[head.hash] != nil else { return false }
        heads[head.hash]?.signers.formUnion(head.signers)
        return true
    }

    mutating func append(_ head: ChainVerifier.Known) {
        heads[head.hash] = head
        bySize[head.treeSize, default: []].append(head.hash)
        if case .hash(let parent) = head.predecessor { byParent[parent, default: []].append(head.hash) }
        order.append(head.hash)
        if heads.count > window { forgetOldest() }
    }

    private mutating func forgetOldest() {
        let hash = order[first]
        first += 1
        if let head = heads.removeValue(forKey: hash) {
            Self.remove(hash, from: &bySize, at: head.treeSize)
            if case .hash(let parent) = head.predecessor { Self.remove(hash, from: &byParent, at: parent) }
        }
        // Amortised: half of the array is dropped at a time.
        if first > window {
            order.removeFirst(first)
            first = 0
        }
    }

    private static func remove<Key>(_ hash: Digest, from index: inout [Key: [Digest]], at key: Key) {
        index[key]?.removeAll { $0 == hash }
        if index[key]?.isEmpty == true { index[key] = nil }
    }
}
