internal import CSodium
import TransparencyLog

/// Signatures that verifiers have been known to disagree on, and honest ones among them; the same ones for each seed.
///
/// Scalars and points are libsodium's own, so that odd signatures can be made valid: under keys of mixed order, one in
/// eight is.
public struct OddSignatures {
    public struct Case: Sendable {
        public var kind: Kind
        public var key: [UInt8]
        public var signature: [UInt8]
        public var message: [UInt8]
    }

    public enum Kind: String, Sendable, CaseIterable {
        case honest, bitFlipped, otherMessage, largeS, edgeS, smallOrderR, mixedKey, mixedR, oddEncodedR, negatedR,
            random
    }

    public static let order: [UInt8] =
        [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
        ] + [UInt8](repeating: 0, count: 15) + [0x10]

    /// The eight points whose order divides 8, in canonical encodings.
    public static let smallOrder: [[UInt8]] = {
        let eighth = Hex.decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05") ?? []
        var points = [eighth]
        for _ in 1..<8 { points.append(add(points[points.count - 1], eighth)) }
        return points
    }()

    /// Encodings that have a y of p or more, or a sign for an x of 0.
    public static let oddEncodings: [[UInt8]] = {
        let large = (0..<19).map { [UInt8(0xED + $0)] + [UInt8](repeating: 0xFF, count: 30) + [0x7F] }
        let signed = [[UInt8(1)] + [UInt8](repeating: 0, count: 31), [0xEC] + large[0].dropFirst()]
        return (large + signed).flatMap { encoding in
            var other = encoding
            other[31] |= 0x80
            return [encoding, other]
        }
    }()

    private struct Key {
        /// The scalar that signs; the point is its multiple of the base point, and perhaps a point of small order.
        var scalar: [UInt8]
        var point: [UInt8]
        var isMixed: Bool
    }

    private var random: SplitMix
    private var keys: [Key] = []
    /// The keys that cases are about, odd ones last.
    public let publicKeys: [[UInt8]]

    public init(seed: UInt64) {
        var random = SplitMix(state: seed)
        for index in 0..<12 {
            let scalar = Self.scalar(&random)
            let point = Self.multiple(scalar)
            keys.append(
                index < 4
                    ? Key(scalar: scalar, point: point, isMixed: false)
                    : Key(scalar: scalar, point: Self.add(point, Self.smallOrder[(index - 4) % 7]), isMixed: true))
        }
        self.random = random
        publicKeys = keys.map(\.point) + Self.smallOrder + Self.oddEncodings
    }

    public mutating func next() -> Case {
        let kind = Kind.allCases[Int(random.next() % UInt64(Kind.allCases.count))]
        let mixed = keys.filter { $0.isMixed == (kind == .mixedKey) }
        // Points of small order show their worst under both sorts of keys.
        let key = kind == .smallOrderR ? pick(keys) : pick(mixed)
        var result = Case(kind: kind, key: key.point, signature: [], message: random.bytes(32))
        let nonce = Self.scalar(&random)
        var r = Self.multiple(nonce)
        switch kind {
        case .smallOrderR: r = pick(Self.smallOrder)
        case .mixedKey, .mixedR: r = Self.add(r, pick(Self.smallOrder))
        case .oddEncodedR: r = pick(Self.oddEncodings)
        case .negatedR: r[31] ^= 0x80
        default: break
        }
        // S = r + k a, so that [S]B - [k]A is R but for points of small order.
        let challenge = Self.challenge(r, key.point, result.message)
        let multiple = Self.product(challenge, key.scalar)
        var s = kind == .smallOrderR ? multiple : Self.sum(nonce, multiple)
        switch kind {
        case .largeS: s = Self.plainSum(s, Self.order)
        case .edgeS: s = edge()
        case .random: (r, s) = (random.bytes(32), random.bytes(32))
        case .otherMessage: result.message = random.bytes(32)
        default: break
        }
        result.signature = r + s
        if kind == .bitFlipped { result.signature[Int(random.next() % 64)] ^= 1 << UInt8(random.next() % 8) }
        // Now and then under a key that no verifier should take.
        if random.next() % 64 == 0 { result.key = pick(Self.smallOrder + Self.oddEncodings) }
        return result
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(random.next() % UInt64(elements.count))]
    }

    /// A scalar near the edges that verifiers check, or that windows of digits have.
    private mutating func edge() -> [UInt8] {
        let repeated: [UInt8] = [0x00, 0x7F, 0x80, 0x88, 0x77, 0x08, 0xFF]
        var scalar = random.next() % 2 == 0 ? Self.order : [UInt8](repeating: pick(repeated), count: 32)
        if random.next() % 2 == 0 { scalar[0] &+= UInt8(random.next() % 3) &- 1 }
        if random.next() % 2 == 0 { scalar[31] = pick([0x00, 0x0F, 0x10, 0x1F, 0x20, 0x7F, 0x80]) }
        return scalar
    }

    private static func bytes(_ count: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            if let base = buffer.baseAddress { write(base) }
            written = count
        }
    }

    private static func scalar(_ random: inout SplitMix) -> [UInt8] { reduce(random.bytes(64)) }

    private static func reduce(_ wide: [UInt8]) -> [UInt8] {
        bytes(32) { crypto_core_ed25519_scalar_reduce($0, wide) }
    }

    private static func product(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        bytes(32) { crypto_core_ed25519_scalar_mul($0, left, right) }
    }

    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        bytes(32) { crypto_core_ed25519_scalar_add($0, left, right) }
    }

    /// The sum of two numbers, without the order taken off.
    private static func plainSum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var carry = 0
        return zip(left, right).map { pair in
            carry += Int(pair.0) + Int(pair.1)
            defer { carry >>= 8 }
            return UInt8(carry & 255)
        }
    }

    private static func multiple(_ scalar: [UInt8]) -> [UInt8] {
        bytes(32) { _ = crypto_scalarmult_ed25519_base_noclamp($0, scalar) }
    }

    private static func add(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        bytes(32) { _ = crypto_core_ed25519_add($0, left, right) }
    }

    private static func challenge(_ r: [UInt8], _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let input = r + key + message
        return reduce(bytes(64) { _ = crypto_hash_sha512($0, input, UInt64(input.count)) })
    }
}
