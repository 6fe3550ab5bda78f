/// The newest heads of a chain, found by hash, and those that a head may contradict without a walk through all of them.
///
/// A contradiction depends on who signed, so of heads that are alike but for their time only the newest for each set of
/// signers is kept at hand: a log with a million heartbeats of one size costs no more than one with two.
struct KnownHeads: Sendable {
    /// Heads that are alike: the same size and root, or the same parent and size.
    private struct Group: Sendable {
        var count = 0
        var newest: [Set<String>: Digest] = [:]

        mutating func add(_ head: ChainVerifier.Known) { newest[head.signers] = head.hash }

        mutating func remove(_ head: ChainVerifier.Known) {
            count -= 1
            if newest[head.signers] == head.hash { newest[head.signers] = nil }
        }
    }

    private let window: Int
    private var heads: [Digest: ChainVerifier.Known] = [:]
    private var bySize: [UInt64: [Digest: Group]] = [:]
    private var byParent: [Digest: [UInt64: Group]] = [:]
    /// The hashes in the order in which they came; those before `first` have been forgotten.
    private var order: [Digest] = []
    private var first = 0

    init(window: Int) { self.window = window }

    subscript(hash: Digest) -> ChainVerifier.Known? { heads[hash] }

    var last: ChainVerifier.Known? { order.last.flatMap { heads[$0] } }

    /// The heads that may contradict this one: of its size with another root, or with its parent at another size.
    func relatives(of head: ChainVerifier.Known) -> [ChainVerifier.Known] {
        var hashes = (bySize[head.treeSize] ?? [:]).filter { $0.key != head.root }.flatMap(\.value.newest.values)
        if case .hash(let parent) = head.predecessor {
            hashes += (byParent[parent] ?? [:]).filter { $0.key != head.treeSize }.flatMap(\.value.newest.values)
        }
        // In an order that does not change from run to run.
        return hashes.compactMap { heads[$0] }.sorted { $0.hash.hex < $1.hash.hex }
    }

    /// Who signed any head of this size and root.
    func signers(treeSize: UInt64, root: Digest) -> Set<String> {
        (bySize[treeSize]?[root]?.newest.keys).map { $0.reduce(into: []) { $0.formUnion($1) } } ?? []
    }

    /// Adds the signers to the same head that is known already; false if it is not.
    mutating func addSigners(of head: ChainVerifier.Known) -> Bool {
        guard var known = heads[head.hash] else { return false }
        known.signers.formUnion(head.signers)
        heads[head.hash] = known
        index(known)
        return true
    }

    mutating func append(_ head: ChainVerifier.Known) {
        heads[head.hash] = head
        order.append(head.hash)
        bySize[head.treeSize, default: [:]][head.root, default: Group()].count += 1
        if case .hash(let parent) = head.predecessor {
            byParent[parent, default: [:]][head.treeSize, default: Group()].count += 1
        }
        index(head)
        if heads.count > window { forgetOldest() }
    }

    /// Forgets all but the newest head.
    mutating func forgetAllButLast() {
        let last = last
        self = KnownHeads(window: window)
        if let last { append(last) }
    }

    /// Heads that nobody pinned signed contradict nobody.
    private mutating func index(_ head: ChainVerifier.Known) {
        guard !head.signers.isEmpty else { return }
        bySize[head.treeSize]?[head.root]?.add(head)
        if case .hash(let parent) = head.predecessor { byParent[parent]?[head.treeSize]?.add(head) }
    }

    private mutating func forgetOldest() {
        let hash = order[first]
        first += 1
        if let head = heads.removeValue(forKey: hash) {
            Self.remove(head, from: &bySize, head.treeSize, head.root)
            if case .hash(let parent) = head.predecessor { Self.remove(head, from: &byParent, parent, head.treeSize) }
        }
        // Amortised: half of the array is dropped at a time.
        if first > window {
            order.removeFirst(first)
            first = 0
        }
    }

    private static func remove<Outer, Inner>(
        _ head: ChainVerifier.Known, from index: inout [Outer: [Inner: Group]], _ outer: Outer, _ inner: Inner
    ) {
        index[outer]?[inner]?.remove(head)
        if index[outer]?[inner]?.count == 0 { index[outer]?[inner] = nil }
        if index[outer]?.isEmpty == true { index[outer] = nil }
    }
}
