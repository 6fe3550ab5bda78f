public import TransparencyLog

/// A signed statement in a DSSE envelope (https://github.com/secure-systems-lab/dsse, version 1.0.2).
public struct DSSEEnvelope: Hashable, Sendable {
    /// Added to the name of what is signed.
    public static let fileSuffix = ".dsse.json"
    static let payloadType = "application/vnd.in-toto+json"

    public let payload: [UInt8]
    /// SHA-256 of the public key, in hexadecimal.
    let keyID: String
    let signature: [UInt8]

    /// Why an envelope cannot be read.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(_ statement: JSONValue, key: Ed25519.PrivateKey) {
        payload = statement.bytes()
        keyID = Digest.sha256(key.publicKey).hex
        signature = key.signature(for: Self.preAuthentication(payload))
    }

    /// Reads an envelope as `bytes` writes it, and no other spelling: then no byte of the file can be changed unseen.
    public init(bytes: [UInt8]) throws(Malformed) {
        let value: JSONValue
        do { value = try JSONReader.parse(bytes, maximumBytes: 16 << 20) } catch {
            throw Malformed(description: "not JSON: \(error)")
        }
        guard value["payloadType"]?.text?.description == Self.payloadType else {
            throw Malformed(description: "payloadType: must be \"\(Self.payloadType)\"")
        }
        guard let payload = value["payload"]?.text.flatMap(Base64.decode) else {
            throw Malformed(description: "payload: must be strict base64")
        }
        guard let entries = value["signatures"]?.elements, let entry = entries.first, entries.count == 1,
            let keyID = entry["keyid"]?.text?.description, let signature = entry["sig"]?.text.flatMap(Base64.decode)
        else { throw Malformed(description: "signatures: must be one, with keyid and sig") }
        self.payload = payload
        self.keyID = keyID
        self.signature = signature
        guard self.bytes == bytes else {
            throw Malformed(description: "not written as nexo-audit writes an envelope; it was changed since")
        }
    }

    /// The file, ending in a newline.
    public var bytes: [UInt8] {
        JSONValue.members([
            "payloadType": .string(Self.payloadType), "payload": .string(Base64.encode(payload)),
            "signatures": .array([
                .members(["keyid": .string(keyID), "sig": .string(Base64.encode(signature))])
            ]),
        ]).bytes() + [0x0A]
    }

    public func verifies(publicKey: [UInt8]) -> Bool {
        keyID == Digest.sha256(publicKey).hex
            && Ed25519.verifies(
                signature: signature, message: Self.preAuthentication(payload), publicKey: publicKey)
    }

    /// What is signed: type and payload with their lengths, so that neither can pass for a part of the other.
    private static func preAuthentication(_ payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }
}
