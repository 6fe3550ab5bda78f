import TransparencyLog

/// Finds registrations by id and by leaf hash, at sixteen bytes an entry and a half.
///
/// Keys are 64 bits under the process's own random seed, so nobody can choose ids that collide; the caller compares what
/// it finds with what it asked for.
struct RegistrationIndex: Sendable {
    private var newestByID: [Int: UInt64] = [:]
    private var firstByLeaf: [Int: UInt64] = [:]
    /// Stored, but covered by no head: found only once one covers them.
    private var held: [(idHash: Int, leaf: Digest)] = []

    mutating func add(idHash: Int, leaf: Digest, at index: UInt64) {
        newestByID[idHash] = index
        // The first place is in every tree that has the leaf at all.
        let key = leaf.hashValue
        if let first = firstByLeaf.updateValue(index, forKey: key) { firstByLeaf[key] = first }
    }

    mutating func hold(idHash: Int, leaf: Digest) { held.append((idHash, leaf)) }

    /// Adds what is held, since a head covers it now.
    ///
    /// - Parameter first: the place of the first of them.
    mutating func release(from first: UInt64) {
        for (offset, entry) in held.enumerated() {
            add(idHash: entry.idHash, leaf: entry.leaf, at: first + UInt64(offset))
        }
        held = []
    }

    static func hash(of id: JSONText) -> Int { id.utf8.withUnsafeBytes(hash(ofID:)) }

    static func hash(ofID bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }

    /// The newest registration of an id.
    func newest(of id: JSONText) -> UInt64? { newestByID[Self.hash(of: id)] }
    /// The first registration with a leaf hash.
    func place(of leaf: Digest) -> UInt64? { firstByLeaf[leaf.hashValue] }
}
