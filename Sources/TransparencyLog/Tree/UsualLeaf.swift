/// A registration's leaf, read from the usual form of its line: no escapes, ASCII alone, no unknown members.
///
/// Nothing is allocated. It says nil to every other line, and the strict reader then decides: both read the same.
public struct UsualLeaf: Hashable, Sendable {
    /// SHA-256( id ‖ public_key ‖ timestamp, big-endian ).
    public private(set) var hash = Digest.zero
    /// The stored leaf_hash, which is compared and never used.
    public private(set) var claimed: Digest?
    /// An id of 24 bytes: see `Registration.canPoseAsNode`.
    public private(set) var canPoseAsNode = false
    /// Where the id's bytes stand in the line.
    public private(set) var id = 0..<0

    public init?(_ line: UnsafeBufferPointer<UInt8>) {
        var json = UsualJSON(line)
        guard json.take("{") else { return nil }
        var (id, key, time): (UnsafeBufferPointer<UInt8>?, Digest?, UInt64?)
        repeat {
            guard let name = json.name() else { return nil }
            // Each member once: a second one finds its place taken.
            if name.isName("id"), id == nil {
                id = json.string()
                guard let id, !id.isEmpty else { return nil }
            } else if name.isName("public_key"), key == nil {
                key = json.digest()
                guard key != nil else { return nil }
            } else if name.isName("timestamp"), time == nil {
                time = json.integer()
                guard time != nil else { return nil }
            } else if name.isName("leaf_hash"), claimed == nil {
                claimed = json.digest()
                guard claimed != nil else { return nil }
            } else {
                return nil
            }
        } while json.take(",")
        guard json.take("}"), json.isAtEnd(), let id, let key, let time else { return nil }
        hash = Registration.leafHash(id: id, publicKey: key, timestamp: time)
        canPoseAsNode = id.count == 24
        let start = line.baseAddress.flatMap { line in id.baseAddress.map { line.distance(to: $0) } } ?? 0
        self.id = start..<start + id.count
    }
}

extension Registration {
    fileprivate static func leafHash(
        id: UnsafeBufferPointer<UInt8>, publicKey: Digest, timestamp: UInt64
    ) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: id.count + Digest.byteCount + 8, alignment: 1) { preimage in
            preimage.copyBytes(from: id)
            publicKey.withUnsafeBytes { preimage[id.count...].copyBytes(from: $0) }
            withUnsafeBytes(of: timestamp.bigEndian) { preimage.suffix(8).copyBytes(from: $0) }
            return Digest.sha256(UnsafeRawBufferPointer(preimage))
        }
    }
}
