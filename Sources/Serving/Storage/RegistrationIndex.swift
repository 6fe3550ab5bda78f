import TransparencyLog

/// Finds registrations by id and by leaf hash, at sixteen bytes an entry and a half.
///
/// Keys are 64 bits under the process's own random seed, so nobody can choose ids that collide; the caller compares what
/// it finds with what it asked for.
struct RegistrationIndex: Sendable {
    private var newestByID: [Int: UInt64] = [:]
    private var byLeaf: [Int: UInt64] = [:]

    mutating func add(id: JSONText, leaf: Digest, at index: UInt64) {
        add(idHash: Self.hash(of: id), leaf: leaf, at: index)
    }

    mutating func add(idHash: Int, leaf: Digest, at index: UInt64) {
        newestByID[idHash] = index
        byLeaf[leaf.hashValue] = index
    }

    static func hash(of id: JSONText) -> Int { id.utf8.withUnsafeBytes(hash(ofID:)) }

    static func hash(ofID bytes: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }

    /// The newest registration of an id.
    func newest(of id: JSONText) -> UInt64? { newestByID[Self.hash(of: id)] }
    func place(of leaf: Digest) -> UInt64? { byLeaf[leaf.hashValue] }
}
