import Testing
import TransparencyLog

@testable import Auditing

struct LeafTreeTests {
    /// The same roots and proofs as the tree that keeps every node, around the sizes of blocks and of pairs of them.
    @Test func itIsTheTreeThatKeepsEveryNode() {
        let leaves = (0..<1_300).map { Digest.sha256([UInt8($0 & 255), UInt8($0 >> 8)]) }
        let whole = MerkleTree(leaves: leaves)
        var tree = LeafTree()
        for leaf in leaves { tree.append(leaf) }
        let sizes: [UInt64] = [
            0, 1, 2, 3, 255, 256, 257, 500, 511, 512, 513, 767, 768, 1_023, 1_024, 1_025, 1_300, 1_301,
        ]
        for size in sizes {
            #expect(tree.root(at: size) == whole.root(at: size), "size \(size)")
            for other in sizes {
                let inclusion = tree.inclusionProof(index: other, treeSize: size)
                #expect(inclusion == whole.inclusionProof(index: other, treeSize: size), "\(other) in \(size)")
                let consistency = tree.consistencyProof(first: other, second: size)
                #expect(consistency == whole.consistencyProof(first: other, second: size), "\(other) to \(size)")
            }
        }
    }

    @Test func everySmallTree() {
        let whole = MerkleTree(leaves: (0..<40).map { Digest.sha256([UInt8($0)]) })
        var tree = LeafTree()
        for size in 1...UInt64(40) {
            tree.append(whole.leaves[Int(size) - 1])
            #expect(tree.root(at: size) == whole.root(at: size))
            for other in 0...size {
                #expect(
                    tree.inclusionProof(index: other, treeSize: size)
                        == whole.inclusionProof(index: other, treeSize: size))
                #expect(
                    tree.consistencyProof(first: other, second: size)
                        == whole.consistencyProof(first: other, second: size))
            }
        }
    }
}
