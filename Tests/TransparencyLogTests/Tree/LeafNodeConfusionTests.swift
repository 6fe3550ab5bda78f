import Foundation
import HostileLog
import Testing
import TransparencyLog

/// The known limit of a tree without prefixes: two registrations and one registration with the same root.
@Suite(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
struct LeafNodeConfusionTests {
    struct Vector: Decodable {
        struct Entry: Decodable {
            var id: String
            var publicKey: Data
            var timestamp: UInt64

            var registration: Registration {
                Registration(id: JSONText(id), publicKey: Array(publicKey), timestamp: timestamp)
            }
        }
        var twoLeaves: [Entry]
        var oneLeaf: Entry
        var root: Data
    }

    static func load() throws -> (two: [Registration], one: Registration, root: Digest) {
        let vector: Vector = try ProofVectorTests.decode("derived/leaf-node-confusion.json")
        return (vector.twoLeaves.map(\.registration), vector.oneLeaf.registration, try #require(Digest(vector.root)))
    }

    static func root(_ registrations: [Registration]) -> Digest? {
        var tree = TreeVerifier()
        for registration in registrations { _ = tree.append(registration) }
        return tree.frontier.root
    }

    @Test func oneRootHasTwoSizes() throws {
        let (two, one, root) = try Self.load()
        #expect(Self.root(two) == root)
        #expect(Self.root([one]) == root)
        #expect(one.canPoseAsNode && !two.contains(where: \.canPoseAsNode))
    }

    /// With prefixes, a leaf is no node, whatever its bytes are.
    @Test func prefixesTellLeafFromNode() throws {
        let (two, _, root) = try Self.load()
        let leaves = two.map(\.leafHash)
        let preimage = leaves[0].bytes + leaves[1].bytes
        #expect(HashRecipe.nexo.leaf(preimage) == root)
        #expect(HashRecipe.nexo.node(leaves[0], leaves[1]) == root)
        #expect(HashRecipe.rfc6962.leaf(preimage) != HashRecipe.rfc6962.node(leaves[0], leaves[1]))
    }

    /// The pair (size, root) is judged: neither the frontier of the other size nor a proof for it stands in.
    @Test func sizeAndRootAreJudgedTogether() throws {
        let (two, one, root) = try Self.load()
        func head(_ size: Int) throws -> SignedTreeHead {
            try SignedTreeHead(
                .object([
                    JSONMember("tree_size", .integer(size)), JSONMember("root", .string(root.base64)),
                    JSONMember("timestamp", .integer(1)),
                ]))
        }
        var tree = TreeVerifier()
        _ = tree.append(one)
        #expect(tree.check(try head(1)) == nil)
        // At size 2 the same root does not follow from [one, anything].
        _ = tree.append(two[1])
        #expect(tree.check(try head(2))?.rule == .rootMismatch)
        let proof = ConsistencyProof(first: 1, second: 2, path: [two[1].leafHash])
        #expect(!proof.verifies(firstRoot: root, secondRoot: root))
        #expect(proof.verifies(firstRoot: two[0].leafHash, secondRoot: root))
        #expect(!InclusionProof(index: 0, treeSize: 2, path: []).verifies(leaf: one.leafHash, root: root))
        #expect(
            !InclusionProof(index: 0, treeSize: 1, path: [two[1].leafHash]).verifies(leaf: two[0].leafHash, root: root))
    }
}
