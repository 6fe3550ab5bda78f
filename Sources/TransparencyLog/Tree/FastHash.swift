internal import CLogHash

/// SHA-256 by the processor's own instructions, where it has them; swift-crypto elsewhere.
enum FastHash {
    /// Asked of the processor once.
    static let isAvailable = log_hash_is_available() != 0
}
