import Foundation
import HostileLog
import Testing
import TransparencyLog

/// Subtrees by draft-ietf-plants-merkle-tree-certs, section 4: the proofs of transparency-dev/merkle, and our own.
struct SubtreeTests {
    struct Inclusion: Decodable {
        var leafIdx: UInt64
        var start: UInt64
        var end: UInt64
        var root: Data?
        var leafHash: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    struct Consistency: Decodable {
        var start: UInt64
        var end: UInt64
        var size: UInt64
        var root1: Data?
        var root2: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(below: "transparency-dev-merkle/testdata/subtreeinclusion", suffix: ".json"))
    func inclusion(path: String) throws {
        let vector: Inclusion = try ProofVectorTests.decode(path)
        let digests = ProofVectorTests.digests([vector.root, vector.leafHash] + (vector.proof ?? []))
        let proof = Subtree(start: vector.start, end: vector.end)?
            .inclusionProof(index: vector.leafIdx, path: Array((digests ?? []).dropFirst(2)))
        let isValid = digests.map { proof?.verifies(leaf: $0[1], root: $0[0], recipe: .rfc6962) ?? false } ?? false
        #expect(isValid == !vector.wantErr)
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(below: "transparency-dev-merkle/testdata/subtreeconsistency", suffix: ".json"))
    func consistency(path: String) throws {
        let vector: Consistency = try ProofVectorTests.decode(path)
        let digests = ProofVectorTests.digests([vector.root1, vector.root2] + (vector.proof ?? []))
        let subtree = Subtree(start: vector.start, end: vector.end)
        let isValid =
            if let digests, let subtree {
                SubtreeConsistencyProof(subtree: subtree, treeSize: vector.size, path: Array(digests.dropFirst(2)))
                    .verifies(subtreeRoot: digests[0], treeRoot: digests[1], recipe: .rfc6962)
            } else { false }
        // Four valid cases have roots of 12 bytes, which a Digest cannot hold.
        let areDigests = [vector.root1, vector.root2].allSatisfy { $0?.count == Digest.byteCount }
        #expect(isValid == (!vector.wantErr && areDigests))
    }

    /// Every subtree of every tree up to 33 leaves: its root, its inclusion proofs and its consistency proof.
    @Test(arguments: HashRecipe.allCases)
    func everySubtreeOfSmallTrees(recipe: HashRecipe) throws {
        let leaves = (0..<33).map { Digest.sha256([UInt8($0)]) }
        let whole = MerkleTree(recipe: recipe, leaves: leaves)
        var subtrees = 0
        for end in 1...33 {
            for start in 0..<end {
                guard let subtree = Subtree(start: UInt64(start), end: UInt64(end)) else { continue }
                subtrees += 1
                let own = MerkleTree(recipe: recipe, leaves: leaves[start..<end])
                let root = try #require(own.root(at: own.size))
                for index in start..<end {
                    let path = try #require(
                        own.inclusionProof(index: UInt64(index - start), treeSize: own.size)
                    ).path
                    let proof = try #require(subtree.inclusionProof(index: UInt64(index), path: path))
                    #expect(proof.verifies(leaf: leaves[index], root: root, recipe: recipe))
                }
                for size in end...33 {
                    let proof = try #require(whole.consistencyProof(of: subtree, treeSize: UInt64(size)))
                    let treeRoot = try #require(whole.root(at: UInt64(size)))
                    #expect(proof.verifies(subtreeRoot: root, treeRoot: treeRoot, recipe: recipe))
                    #expect(!proof.verifies(subtreeRoot: .zero, treeRoot: treeRoot, recipe: recipe))
                    #expect(!proof.verifies(subtreeRoot: root, treeRoot: .zero, recipe: recipe))
                    let longer = SubtreeConsistencyProof(
                        subtree: subtree, treeSize: UInt64(size), path: proof.path + [.zero])
                    #expect(!longer.verifies(subtreeRoot: root, treeRoot: treeRoot, recipe: recipe))
                    let shorter = SubtreeConsistencyProof(
                        subtree: subtree, treeSize: UInt64(size), path: proof.path.dropLast())
                    #expect(
                        proof.path.isEmpty
                            || !shorter.verifies(
                                subtreeRoot: root, treeRoot: treeRoot, recipe: recipe)
                    )
                }
            }
        }
        // Counted from the definition by another program.
        #expect(subtrees == 114)
    }

    /// A path that ends below the root of the tree that is named leads to the root of a smaller one.
    @Test func aProofOfASmallerTreeIsNoneOfALargerOne() throws {
        let tree = MerkleTree(leaves: (0..<2).map { Digest.sha256([UInt8($0)]) })
        let proof = try #require(tree.consistencyProof(first: 1, second: 2))
        let (first, second) = (try #require(tree.root(at: 1)), try #require(tree.root(at: 2)))
        #expect(proof.verifies(firstRoot: first, secondRoot: second))
        for size in UInt64(3)...8 {
            let other = ConsistencyProof(first: 1, second: size, path: proof.path)
            #expect(!other.verifies(firstRoot: first, secondRoot: second))
        }
    }

    @Test(
        arguments: [
            (1, 3), (2, 5), (2, 6), (3, 5), (1, 15), (5, 4), (1, UInt64.max), (1 << 63, .max),
        ] as [(UInt64, UInt64)])
    func rangesThatAreNoSubtrees(start: UInt64, end: UInt64) {
        let isAligned = start == 1 << 63
        #expect((Subtree(start: start, end: end) != nil) == isAligned)
    }
}
