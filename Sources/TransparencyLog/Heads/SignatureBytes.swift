/// The 64 bytes of an Ed25519 signature, kept without an allocation.
struct SignatureBytes: Hashable, Sendable {
    private var words = SIMD8<UInt64>()

    static let byteCount = 64

    /// - Returns: nil unless there are exactly 64 bytes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// Reads a string that is their strict base64.
    init?(base64 json: inout UsualJSON) {
        guard withUnsafeMutableBytes(of: &words, { json.base64(into: $0) }) else { return nil }
    }

    var bytes: [UInt8] { withUnsafeBytes(of: words, Array.init) }
}
