public import TransparencyLog

/// Who signs heads: a port, so that the keys may lie with other parties.
public protocol Cosigning: Sendable {
    /// The signatures of each head, in the order of the heads; those that could be had.
    func cosign(_ heads: [HeadToSign]) async -> [[Cosignature]]
}

/// What a cosigner is shown of a head.
public struct HeadToSign: Hashable, Sendable {
    public let treeSize: UInt64
    public let root: Digest
    /// The head without its signatures.
    public let value: JSONValue
    /// The 32 bytes to sign.
    public let hash: Digest
}

/// One signature under a head.
public struct Cosignature: Hashable, Sendable {
    public let cosigner: String
    public let signature: [UInt8]

    public init(cosigner: String, signature: [UInt8]) {
        self.cosigner = cosigner
        self.signature = signature
    }

    var json: JSONValue {
        .object([
            JSONMember("cosigner", .string(cosigner)), JSONMember("sig", .string(Base64.encode(signature))),
        ])
    }
}
