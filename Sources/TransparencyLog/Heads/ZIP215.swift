import CSodium

/// Ed25519 by the rule of ZIP-215, to explain a refusal and never to lift one: servers in the field sign and verify with
/// a library of this rule, so "valid there, invalid here" is worth saying (PROTOCOL, "Signatures").
///
/// The rule: S < L; A and R are any encodings that decode, canonical or not; 8(S·B - R - k·A) is the identity.
package enum ZIP215 {
    /// The point (0, 1), which libsodium's scalar multiplications refuse to return.
    private static let identity: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
    private static let zero = [UInt8](repeating: 0, count: 32)

    package static func verifies(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard Ed25519.isReady, signature.count == 64, publicKey.count == 32 else { return false }
        let r = Array(signature[..<32])
        let s = Array(signature[32...])
        guard reduced(s + zero) == s else { return false }
        let k = reduced(sha512(r + publicKey + message))
        // 8(S·B - R) = k·(8·A): multiplied out, 8·A has no part of small order, which scalarmult would refuse.
        guard let base = baseMultiple(s), let difference = subtract(base, r), let left = eightTimes(difference),
            let key = eightTimes(publicKey), let right = multiple(k, key)
        else { return false }
        return left == right
    }

    private static func sha512(_ bytes: [UInt8]) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&hash, bytes, UInt64(bytes.count))
        return hash
    }

    /// 64 bytes, little-endian, modulo the order L of the base point.
    private static func reduced(_ wide: [UInt8]) -> [UInt8] {
        var scalar = zero
        crypto_core_ed25519_scalar_reduce(&scalar, wide)
        return scalar
    }

    private static func baseMultiple(_ scalar: [UInt8]) -> [UInt8]? {
        guard scalar != zero else { return identity }
        var point = zero
        return crypto_scalarmult_ed25519_base_noclamp(&point, scalar) == 0 ? point : nil
    }

    /// - Parameter point: the identity, or of order L and canonical.
    private static func multiple(_ scalar: [UInt8], _ point: [UInt8]) -> [UInt8]? {
        guard scalar != zero, point != identity else { return identity }
        var product = zero
        return crypto_scalarmult_ed25519_noclamp(&product, scalar, point) == 0 ? product : nil
    }

    /// Nil if a side is no point. Decoding takes encodings that are not canonical; the result is canonical.
    private static func subtract(_ left: [UInt8], _ right: [UInt8]) -> [UInt8]? {
        var difference = zero
        return crypto_core_ed25519_sub(&difference, left, right) == 0 ? difference : nil
    }

    private static func eightTimes(_ point: [UInt8]) -> [UInt8]? {
        var sum = point
        for _ in 0..<3 {
            let half = sum
            guard crypto_core_ed25519_add(&sum, half, half) == 0 else { return nil }
        }
        return sum
    }
}
