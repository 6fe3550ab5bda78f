import TransparencyLog

/// The log that the corpus is about: its keys are those of `TestLog`.
enum KnownLog {
    static let keys = (1...3).compactMap { Ed25519.PrivateKey(seed: [UInt8](repeating: $0, count: 32)) }

    static let trust: TrustFile = {
        let cosigners = keys.enumerated().map { index, key in
            TrustFile.Cosigner(id: "cosigner_\(index)", publicKey: key.publicKey)
        }
        guard
            let trust = try? TrustFile(
                name: "test", canonical: .jcs, policy: .init(t: 2, n: 3), cosigners: cosigners)
        else { preconditionFailure("three keys are a trust file") }
        return trust
    }()

    static let verifier = HeadVerifier(trust: trust)

    /// Vouches in the corpus.
    static let watcher: CosignerKey = {
        guard let key = CosignerKey(name: "watch.example/w1", publicKey: keys[0].publicKey) else {
            preconditionFailure("a name and 32 bytes are a key")
        }
        return key
    }()
}
