import Crypto

/// A SHA-256 value: 32 bytes.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The bytes in four words, most significant byte first: no allocation, and equality in four comparisons.
    private var words: (UInt64, UInt64, UInt64, UInt64)

    public static let byteCount = 32
    public static let zero = Digest(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// - Returns: nil unless there are exactly 32 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self = .zero
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// Strict base64 of 32 bytes, as the protocol writes roots and hashes; nil for anything else.
    public init?(base64 text: JSONText) {
        guard text.utf8.count == 44, let bytes = Base64.decode(text) else { return nil }
        self.init(bytes)
    }

    init(_ digest: SHA256Digest) {
        self = .zero
        digest.withUnsafeBytes { source in withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: source) } }
    }

    /// SHA-256 of some bytes.
    public static func sha256(_ bytes: some Collection<UInt8>) -> Digest {
        var hash = SHA256()
        if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        return Digest(hash.finalize())
    }

    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public var bytes: [UInt8] { withUnsafeBytes(Array.init) }
    public var base64: String { Base64.encode(bytes) }
    public var hex: String { Hex.encode(bytes) }
    public var description: String { base64 }

    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}
