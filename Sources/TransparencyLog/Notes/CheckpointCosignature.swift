/// A statement that a tree was the largest that a cosigner saw at a time, and continues all that it saw before
/// (C2SP tlog-cosignature, Ed25519).
public struct CheckpointCosignature: Hashable, Sendable {
    /// Seconds since 1970.
    public let time: UInt64

    /// What is signed: the checkpoint's text behind two lines of its own.
    static func message(_ text: String, _ time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }

    /// Looks for a key's cosignature under a note.
    ///
    /// - Returns: nil where the key did not sign.
    /// - Throws: where it says that it signed, and the signature does not verify: such a note is refused as a whole.
    public static func find(
        by key: CosignerKey, under note: SignedNote
    ) throws(SignedNote.Malformed) -> CheckpointCosignature? {
        let own = note.signatures.filter { $0.name == key.name && $0.keyID == key.id }
        var newest: CheckpointCosignature?
        for signature in own {
            let time = UInt64(bigEndianBytes: signature.bytes.prefix(8))
            guard signature.bytes.count == 72, time <= UInt64(Int64.max),
                Ed25519.verifies(
                    signature: Array(signature.bytes.dropFirst(8)), message: message(note.text, time),
                    publicKey: key.publicKey)
            else { throw SignedNote.Malformed(description: "the cosignature by \(key.name) does not verify") }
            if newest.map({ $0.time < time }) ?? true { newest = CheckpointCosignature(time: time) }
        }
        return newest
    }
}
