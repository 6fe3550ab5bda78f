internal import CLogHash
import Crypto

/// How a tree hashes: the one point in which NEXO's tree differs from RFC 6962's.
public enum HashRecipe: Sendable, CaseIterable {
    /// No domain prefixes. A leaf preimage of 64 bytes (an id of 24) can pose as an inner node, so that a root does not
    /// bind its size: always judge the pair of size and root.
    case nexo
    /// Prefix 0x00 for leaves, 0x01 for nodes (RFC 6962, section 2.1). Here so that the proof code runs on public vectors.
    case rfc6962

    /// The hash of an inner node.
    public func node(_ left: Digest, _ right: Digest) -> Digest {
        if self == .nexo, FastHash.isAvailable {
            return Digest { digest in
                left.withUnsafeBytes { left in
                    right.withUnsafeBytes { right in log_hash_node(left.baseAddress, right.baseAddress, digest) }
                }
            }
        }
        var hash = SHA256()
        if self == .rfc6962 { withUnsafeBytes(of: 0x01 as UInt8) { hash.update(bufferPointer: $0) } }
        left.withUnsafeBytes { hash.update(bufferPointer: $0) }
        right.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Digest(hash.finalize())
    }

    /// The hash of a leaf's bytes.
    public func leaf(_ data: some Collection<UInt8>) -> Digest {
        switch self {
        case .nexo: .sha256(data)
        case .rfc6962: .sha256([0x00] + data)
        }
    }

    /// The roots that a tree without leaves may have: SHA-256 of nothing in the literature, 32 zero bytes in the field.
    public var emptyRoots: [Digest] {
        switch self {
        case .nexo: [.zero, .sha256([])]
        case .rfc6962: [.sha256([])]
        }
    }
}
