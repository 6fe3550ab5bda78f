public import TransparencyLog

/// Who signs heads: a port, so that the keys may lie with other parties.
public protocol Cosigning: Sendable {
    /// - Parameter history: of the tree whose heads these are, for parties that want to see that it only grew.
    /// - Returns: the signatures of each head, in the order of the heads; those that could be had.
    func cosign(_ heads: [HeadToSign], history: any TreeHistory) async -> [[Cosignature]]
}

/// Shows that a tree only grew: a port, since the tree belongs to an actor.
public protocol TreeHistory: Sendable {
    /// A proof between each of these sizes and the next.
    ///
    /// - Parameter sizes: ascending, none of them 0.
    /// - Returns: nil if the tree is smaller than one of them.
    func growth(through sizes: [UInt64]) async -> [ConsistencyProof]?
}

extension MerkleTree: TreeHistory {
    public func growth(through sizes: [UInt64]) -> [ConsistencyProof]? {
        var proofs: [ConsistencyProof] = []
        for (first, second) in zip(sizes, sizes.dropFirst()) {
            guard let proof = consistencyProof(first: first, second: second) else { return nil }
            proofs.append(proof)
        }
        return (sizes.last ?? 0) <= size ? proofs : nil
    }
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
