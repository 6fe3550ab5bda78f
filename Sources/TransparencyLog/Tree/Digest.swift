internal import CLogHash
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
        guard text.utf8.count == 44 else { return nil }
        self = .zero
        let size = text.utf8.withUnsafeBufferPointer { text in
            withUnsafeMutableBytes(of: &words) { Base64.decode(text, into: $0) }
        }
        guard size == Self.byteCount else { return nil }
    }

    /// A digest that is written by `body`.
    init(_ body: (UnsafeMutableRawPointer) -> Void) {
        self = .zero
        withUnsafeMutablePointer(to: &words) { body(UnsafeMutableRawPointer($0)) }
    }

    init(_ digest: SHA256Digest) {
        self = .zero
        digest.withUnsafeBytes { source in withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: source) } }
    }

    /// SHA-256 of some bytes.
    public static func sha256(_ bytes: some Collection<UInt8>) -> Digest {
        bytes.withContiguousStorageIfAvailable { sha256(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes(sha256)
    }

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> Digest {
        if FastHash.isAvailable, let base = bytes.baseAddress {
            return Digest { log_hash_sha256(base, bytes.count, $0) }
        }
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return Digest(hash.finalize())
    }

    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public var bytes: [UInt8] { withUnsafeBytes(Array.init) }
    public var base64: String { withUnsafeBytes(Base64.encode) }

    /// Appends the base64 without a string in between.
    func appendBase64(to output: inout [UInt8]) {
        withUnsafeBytes { Base64.append($0, to: &output) }
    }

    public var hex: String { Hex.encode(bytes) }

    /// - Returns: nil unless the text is 64 hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }
    public var description: String { base64 }

    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}
