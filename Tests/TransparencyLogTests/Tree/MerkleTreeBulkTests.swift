import Testing
import TransparencyLog

struct MerkleTreeBulkTests {
    /// Cut anywhere, a tree that takes its leaves in parts is the tree that takes them one by one.
    @Test(arguments: [HashRecipe.nexo, .rfc6962]) func partsGiveTheSameTree(recipe: HashRecipe) {
        let leaves = (0..<300).map { Digest.sha256([UInt8($0 % 256), UInt8($0 / 256)]) }
        for cuts in [[300], [1, 299], [2, 1, 297], [255, 2, 43], [0, 128, 0, 172], Array(repeating: 3, count: 100)] {
            var bulk = MerkleTree(recipe: recipe)
            var single = MerkleTree(recipe: recipe)
            var rest = leaves[...]
            for cut in cuts {
                bulk.append(contentsOf: Array(rest.prefix(cut)))
                for leaf in rest.prefix(cut) { single.append(leaf) }
                rest.removeFirst(cut)
                #expect(bulk.size == single.size)
                for level in 0...9 {
                    let count = single.size >> UInt64(level)
                    #expect(
                        bulk.nodes(level: level, 0..<count) == single.nodes(level: level, 0..<count), "\(cuts) \(level)"
                    )
                    #expect(bulk.nodes(level: level, 0..<count + 1) == nil)
                }
            }
            #expect(bulk.size == 300)
            for size in 1...300 as ClosedRange<UInt64> { #expect(bulk.root(at: size) == single.root(at: size)) }
        }
    }
}
