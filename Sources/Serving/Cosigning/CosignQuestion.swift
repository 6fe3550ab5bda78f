import TransparencyLog

/// What a log's server asks a cosigner at another party: to sign heads, with proofs that its tree only grew since the last one
/// that the cosigner signed.
public struct CosignQuestion: Sendable {
    /// Why it cannot be read.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private static let maximumHeads = 4_096
    /// A path has a hash or two for each bit of a size at most.
    private static let maximumPath = 128

    /// In the order of their sizes.
    let heads: [SignedTreeHead]
    /// The largest size that the cosigner signed, as the server knows it; 0: none.
    let signed: UInt64
    /// For each head the path of a consistency proof, from the size before it: of the head before it, or `signed`. Empty where
    /// there is nothing to prove: at sizes up to `signed`, and at the first where that is 0.
    let paths: [[Digest]]

    init(_ heads: [SignedTreeHead], signed: UInt64 = 0, paths: [[Digest]]) {
        self.heads = heads
        self.signed = signed
        self.paths = paths
    }

    init(_ value: JSONValue) throws {
        guard let entries = value["heads"]?.elements, (1...Self.maximumHeads).contains(entries.count) else {
            throw Malformed(description: "heads: must be an array of 1 to \(Self.maximumHeads)")
        }
        heads = try entries.map { try SignedTreeHead($0) }
        guard let size = value["signed"] else {
            // From a server that knows nothing of proofs.
            signed = 0
            paths = heads.map { _ in [] }
            return
        }
        guard let size = size.plainInteger else {
            throw Malformed(description: "signed: must be the size that this cosigner signed last, or 0")
        }
        signed = size
        guard let given = value["proofs"]?.elements, given.count == heads.count else {
            throw Malformed(description: "proofs: must be an array of one path for each head")
        }
        paths = try given.enumerated().map { number, path in
            guard let hashes = path.elements, hashes.count <= Self.maximumPath,
                case let digests = hashes.compactMap({ $0.text.flatMap(Digest.init(base64:)) }),
                digests.count == hashes.count
            else {
                throw Malformed(
                    description: "proofs[\(number)]: must be an array of at most \(Self.maximumPath) hashes in base64")
            }
            return digests
        }
    }

    /// The question as it is sent.
    ///
    /// - Returns: nil if the tree never had the size that the cosigner signed.
    static func bytes(_ heads: [HeadToSign], signed: UInt64, history: any TreeHistory) async -> [UInt8]? {
        let sizes = ([signed] + heads.map(\.treeSize).filter { $0 > signed }).filter { $0 > 0 }
        guard let proofs = await history.growth(through: sizes) else { return nil }
        let paths = Dictionary(proofs.map { ($0.second, $0.path) }) { first, _ in first }
        return JSONValue.object([
            JSONMember("heads", .array(heads.map(\.value))), JSONMember("signed", .integer(signed)),
            JSONMember(
                "proofs",
                .array(heads.map { .array((paths[$0.treeSize] ?? []).map { .string($0.base64) }) })),
        ]).bytes()
    }
}
