/// The public key of somebody who cosigns checkpoints: a vkey of type 4 (C2SP signed-note, "Verifier keys").
public struct CosignerKey: Hashable, Sendable, CustomStringConvertible {
    /// Timestamped Ed25519 cosignatures of checkpoints.
    static let type: UInt8 = 0x04

    public let name: String
    /// 32 bytes.
    public let publicKey: [UInt8]

    /// Why a text is no such key.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// - Returns: nil for a name with spaces or plus, or a key that has not 32 bytes.
    public init?(name: String, publicKey: [UInt8]) {
        guard NoteKeyName(name) != nil, publicKey.count == 32 else { return nil }
        self.name = name
        self.publicKey = publicKey
    }

    /// Finds the key among those of one name; it is short, and proves nothing.
    public var id: UInt32 {
        let hash = Digest.sha256(Array(name.utf8) + [0x0A, Self.type] + publicKey)
        return UInt32(bigEndianBytes: hash.bytes.prefix(4))
    }

    var idText: String { Hex.encode(id.bigEndianBytes) }

    /// `name+id+base64(type, public key)`.
    public var description: String { "\(name)+\(idText)+\(Base64.encode([Self.type] + publicKey))" }

    public init(vkey text: String) throws(Malformed) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(Array(parts[2].utf8)) else {
            throw Malformed(description: "a key must be NAME+ID+BASE64, as `nexo-watch keygen` prints it")
        }
        guard bytes.first == Self.type else {
            throw Malformed(description: "the key is of type \(bytes.first ?? 0); cosigners have type \(Self.type)")
        }
        guard let key = CosignerKey(name: String(parts[0]), publicKey: Array(bytes.dropFirst())) else {
            throw Malformed(description: "the key must have a name without spaces, and 32 bytes")
        }
        guard key.idText == parts[1] else { throw Malformed(description: "the key's id does not fit name and key") }
        self = key
    }
}

/// The key that cosigns, in the form that Go's note package gives to private keys.
public struct CosignerSigningKey: Sendable {
    private static let prefix = "PRIVATE+KEY+"

    public let publicKey: CosignerKey
    private let key: Ed25519.PrivateKey

    /// - Returns: nil for a name with spaces or plus.
    public init?(name: String, key: Ed25519.PrivateKey) {
        guard let publicKey = CosignerKey(name: name, publicKey: key.publicKey) else { return nil }
        self.publicKey = publicKey
        self.key = key
    }

    /// The text of a key file. It is a secret.
    public var secretText: String {
        "\(Self.prefix)\(publicKey.name)+\(publicKey.idText)+\(Base64.encode([CosignerKey.type] + key.seed))"
    }

    public init(secretText text: String) throws(CosignerKey.Malformed) {
        guard text.hasPrefix(Self.prefix) else {
            throw CosignerKey.Malformed(description: "a private key begins with \(Self.prefix)")
        }
        let parts = text.dropFirst(Self.prefix.count).split(
            separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(Array(parts[2].utf8)), bytes.first == CosignerKey.type,
            let seed = Ed25519.PrivateKey(seed: Array(bytes.dropFirst())),
            let key = CosignerSigningKey(name: String(parts[0]), key: seed), key.publicKey.idText == parts[1]
        else { throw CosignerKey.Malformed(description: "is damaged, or no key of `nexo-watch keygen`") }
        self = key
    }

    /// Says that the tree of the checkpoint continues all that was cosigned before, and was the largest at a time.
    ///
    /// - Parameter time: seconds since 1970.
    public func cosign(_ checkpoint: Checkpoint, at time: UInt64) -> SignedNote.Signature {
        let signature = key.signature(for: CheckpointCosignature.message(checkpoint.text, time))
        return SignedNote.Signature(
            name: publicKey.name, keyID: publicKey.id, bytes: time.bigEndianBytes + signature)
    }
}
