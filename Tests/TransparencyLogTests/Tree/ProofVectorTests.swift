import Foundation
import HostileLog
import Testing
import TransparencyLog

/// The public proofs of transparency-dev/merkle, valid and mutated, over the RFC 6962 recipe.
struct ProofVectorTests {
    struct Inclusion: Decodable {
        var leafIdx: UInt64
        var treeSize: UInt64
        var root: Data?
        var leafHash: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    struct Consistency: Decodable {
        var size1: UInt64
        var size2: UInt64
        var root1: Data?
        var root2: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    /// A hash that has not 32 bytes is refused where it is read, before any proof is looked at.
    static func digests(_ hashes: [Data?]) -> [Digest]? {
        let digests = hashes.compactMap { $0.flatMap { Digest(Array($0)) } }
        return digests.count == hashes.count ? digests : nil
    }

    static func decode<Vector: Decodable>(_ path: String) throws -> Vector {
        try decode(bytes: PublicVectors.bytes(path))
    }

    static func decode<Vector: Decodable>(bytes: some Sequence<UInt8>) throws -> Vector {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Vector.self, from: Data(bytes))
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(below: "transparency-dev-merkle/testdata/inclusion", suffix: ".json"))
    func inclusion(path: String) throws {
        let vector: Inclusion = try Self.decode(path)
        let verified: Bool? = Self.digests([vector.root, vector.leafHash] + (vector.proof ?? [])).map {
            InclusionProof(index: vector.leafIdx, treeSize: vector.treeSize, path: Array($0.dropFirst(2)))
                .verifies(leaf: $0[1], root: $0[0], recipe: .rfc6962)
        }
        #expect((verified ?? false) == !vector.wantErr)
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(below: "transparency-dev-merkle/testdata/consistency", suffix: ".json"))
    func consistency(path: String) throws {
        let vector: Consistency = try Self.decode(path)
        let verified: Bool? = Self.digests([vector.root1, vector.root2] + (vector.proof ?? [])).map {
            ConsistencyProof(first: vector.size1, second: vector.size2, path: Array($0.dropFirst(2)))
                .verifies(firstRoot: $0[0], secondRoot: $0[1], recipe: .rfc6962)
        }
        // This one has roots of 12 bytes, which a Digest cannot hold; equal sizes are covered in FrontierTests.
        let isNoDigest = path.contains("sizes-are-equal-one-and-proof-is-empty")
        #expect((verified ?? false) == (!vector.wantErr && !isNoDigest))
    }

    struct Derived: Decodable {
        struct Registration: Decodable {
            var id: String
            var publicKey: Data
            var timestamp: UInt64
        }
        struct Inclusion: Decodable {
            var index: UInt64
            var size: UInt64
            var proof: [Data]
        }
        struct Consistency: Decodable {
            var first: UInt64
            var second: UInt64
            var proof: [Data]
        }
        var registrations: [Registration]
        var leafHashes: [Data]
        var roots: [Data]
        var inclusion: [Inclusion]
        var consistency: [Consistency]
    }

    /// Roots and proofs of the prefix-less tree, made and verified.
    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
    func nexoTree() throws {
        let vectors: Derived = try Self.decode("derived/nexo-merkle.json")
        let leaves = try #require(Self.digests(vectors.leafHashes))
        let roots = try #require(Self.digests(vectors.roots))
        for (registration, leaf) in zip(vectors.registrations, leaves) {
            let hashed = Registration(
                id: JSONText(registration.id), publicKey: Array(registration.publicKey),
                timestamp: registration.timestamp)
            #expect(hashed.leafHash == leaf)
        }
        let tree = MerkleTree(leaves: leaves)
        var frontier = Frontier()
        #expect(frontier.matches(roots[0]))
        for (size, leaf) in zip(1..., leaves) {
            frontier.append(leaf)
            #expect(frontier.root == roots[size])
            #expect(tree.root(at: UInt64(size)) == roots[size])
        }
        #expect(vectors.inclusion.count == 249 && vectors.consistency.count == 168)
        for vector in vectors.inclusion {
            let proof = try #require(tree.inclusionProof(index: vector.index, treeSize: vector.size))
            #expect(proof.path == Self.digests(vector.proof))
            #expect(proof.verifies(leaf: leaves[Int(vector.index)], root: roots[Int(vector.size)]))
        }
        for vector in vectors.consistency {
            let proof = try #require(tree.consistencyProof(first: vector.first, second: vector.second))
            #expect(proof.path == Self.digests(vector.proof))
            #expect(proof.verifies(firstRoot: roots[Int(vector.first)], secondRoot: roots[Int(vector.second)]))
        }
    }

    struct Rekor: Decodable {
        var leafBodyB64: Data
        var leafIndex: UInt64
        var treeSize: UInt64
        var root: Data
        var hashes: [Data]
        var inclusionOk: Bool
    }

    /// Real inclusion proofs of sigstore's Rekor, from trees of millions of leaves.
    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
    func rekor() throws {
        let lines = try PublicVectors.bytes("rekor-proofs/proofs.jsonl").split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 65)
        for line in lines {
            let vector = try Self.decode(bytes: line) as Rekor
            let verified: Bool? = Self.digests([vector.root] + vector.hashes).map {
                InclusionProof(index: vector.leafIndex, treeSize: vector.treeSize, path: Array($0.dropFirst()))
                    .verifies(
                        leaf: HashRecipe.rfc6962.leaf(Array(vector.leafBodyB64)), root: $0[0], recipe: .rfc6962)
            }
            #expect((verified ?? false) == vector.inclusionOk)
        }
    }
}
