/// The newest heads of a chain, found by hash, and those that a head may contradict without a walk through all of them.
///
/// A contradiction depends on who signed, so of heads that are alike but for their time only the newest for each set of
/// signers is kept at hand: a log with a million heartbeats of one size costs no more than one with two.
struct KnownHeads: Sendable {
    /// Heads that are alike: of one size the same root, or of one parent the same size.
    struct Group<Key: Equatable & Sendable>: Sendable {
        let key: Key
        var count = 0
        var newest = Few<(signers: Set<String>, hash: Digest, arrival: Int)>()

        /// - Parameter arrival: a copy of an old head takes the place of none that came later, and is forgotten later.
        mutating func add(_ head: ChainVerifier.Known, _ arrival: Int) {
            let isThere = newest.change(
                { $0.signers == head.signers },
                by: { if $0.arrival <= arrival { ($0.hash, $0.arrival) = (head.hash, arrival) } })
            if !isThere { newest.append((head.signers, head.hash, arrival)) }
        }

        mutating func remove(_ head: ChainVerifier.Known) {
            count -= 1
            newest.removeAll { $0.hash == head.hash && $0.signers == head.signers }
        }
    }

    private let window: Int
    /// The heads, each with its place among all that came.
    private var heads: [Digest: (known: ChainVerifier.Known, arrival: Int)] = [:]
    private var arrivals = 0
    private(set) var bySize: [UInt64: Few<Group<Digest>>] = [:]
    private(set) var byParent: [Digest: Few<Group<UInt64>>] = [:]
    /// The hashes in the order in which they came; those before `first` have been forgotten.
    private(set) var order: [Digest] = []
    private(set) var first = 0

    init(window: Int) { self.window = window }

    subscript(hash: Digest) -> ChainVerifier.Known? { heads[hash]?.known }

    var last: ChainVerifier.Known? { order.last.flatMap { self[$0] } }

    /// The heads that may contradict this one: of its size with another root, or with its parent at another size.
    func relatives(of head: ChainVerifier.Known) -> [ChainVerifier.Known] {
        var hashes: [Digest] = []
        for group in bySize[head.treeSize] ?? Few() where group.key != head.root {
            hashes += group.newest.map(\.hash)
        }
        if case .hash(let parent) = head.predecessor {
            for group in byParent[parent] ?? Few() where group.key != head.treeSize {
                hashes += group.newest.map(\.hash)
            }
        }
        guard !hashes.isEmpty else { return [] }
        // In an order that does not change from run to run.
        return hashes.compactMap { self[$0] }.sorted { $0.hash.hex < $1.hash.hex }
    }

    /// Who signed any head of this size and root.
    func signers(treeSize: UInt64, root: Digest) -> Set<String> {
        var signers: Set<String> = []
        for group in bySize[treeSize] ?? Few() where group.key == root {
            for alike in group.newest { signers.formUnion(alike.signers) }
        }
        return signers
    }

    /// Adds the signers to the same head that is known already; false if it is not.
    mutating func addSigners(of head: ChainVerifier.Known) -> Bool {
        guard let (before, arrival) = heads[head.hash] else { return false }
        var known = before
        known.signers.formUnion(head.signers)
        heads[head.hash] = (known, arrival)
        index(known, arrival, count: 0)
        return true
    }

    mutating func append(_ head: ChainVerifier.Known) {
        arrivals += 1
        heads[head.hash] = (head, arrivals)
        order.append(head.hash)
        index(head, arrivals, count: 1)
        if heads.count > window { forgetOldest() }
    }

    /// Forgets all but the newest head.
    mutating func forgetAllButLast() {
        let last = last
        self = KnownHeads(window: window)
        if let last { append(last) }
    }

    /// Heads that nobody pinned signed contradict nobody: they are counted, and not found.
    private mutating func index(_ head: ChainVerifier.Known, _ arrival: Int, count: Int) {
        Self.change(&bySize, head.treeSize, head.root) { group in
            group.count += count
            if !head.signers.isEmpty { group.add(head, arrival) }
        }
        guard case .hash(let parent) = head.predecessor else { return }
        Self.change(&byParent, parent, head.treeSize) { group in
            group.count += count
            if !head.signers.isEmpty { group.add(head, arrival) }
        }
    }

    private mutating func forgetOldest() {
        let hash = order[first]
        first += 1
        if let head = heads.removeValue(forKey: hash)?.known {
            Self.remove(head, from: &bySize, head.treeSize, head.root)
            if case .hash(let parent) = head.predecessor { Self.remove(head, from: &byParent, parent, head.treeSize) }
        }
        // Amortised: half of the array is dropped at a time.
        if first > window {
            order.removeFirst(first)
            first = 0
        }
    }

    /// Changes one group, which is made if it is not there.
    private static func change<Outer, Key>(
        _ index: inout [Outer: Few<Group<Key>>], _ outer: Outer, _ key: Key, _ change: (inout Group<Key>) -> Void
    ) {
        var group = Group(key: key)
        let isThere = index[outer, default: Few()].change({ $0.key == key }, by: change)
        guard !isThere else { return }
        change(&group)
        index[outer, default: Few()].append(group)
    }

    private static func remove<Outer, Key>(
        _ head: ChainVerifier.Known, from index: inout [Outer: Few<Group<Key>>], _ outer: Outer, _ key: Key
    ) {
        change(&index, outer, key) { $0.remove(head) }
        index[outer]?.removeAll { $0.count == 0 }
        if index[outer]?.isEmpty == true { index[outer] = nil }
    }
}
