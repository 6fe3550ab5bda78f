import CSodium

/// Ed25519 with libsodium's verdicts, which are the protocol's: cofactorless, small-order keys and S >= L refused.
public enum Ed25519 {
    /// Whether the library is usable. `sodium_init` is idempotent and safe to call from any thread.
    static let isReady = sodium_init() >= 0

    public static func verifies(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard isReady, signature.count == 64, publicKey.count == 32 else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    /// A key that signs.
    public struct PrivateKey: Sendable {
        /// Seed and public key, as libsodium keeps them: 64 bytes.
        private let secret: [UInt8]
        public let publicKey: [UInt8]

        /// - Returns: nil unless the seed has 32 bytes.
        public init?(seed: [UInt8]) {
            guard isReady, seed.count == 32 else { return nil }
            var publicKey = [UInt8](repeating: 0, count: 32)
            var secret = [UInt8](repeating: 0, count: 64)
            guard crypto_sign_seed_keypair(&publicKey, &secret, seed) == 0 else { return nil }
            self.publicKey = publicKey
            self.secret = secret
        }

        /// A new key from the system's randomness.
        public static func random() -> PrivateKey? {
            var seed = [UInt8](repeating: 0, count: 32)
            randombytes_buf(&seed, seed.count)
            return PrivateKey(seed: seed)
        }

        public var seed: [UInt8] { Array(secret.prefix(32)) }

        public func signature(for message: [UInt8]) -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: 64)
            crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
            return signature
        }
    }
}
