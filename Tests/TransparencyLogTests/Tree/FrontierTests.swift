import Testing
import TransparencyLog

struct FrontierTests {
    static let leaves = (0..<67).map { Digest.sha256([UInt8($0)]) }

    static func range(_ range: Range<Int>, _ recipe: HashRecipe = .nexo) -> Frontier {
        var frontier = Frontier(recipe: recipe, begin: UInt64(range.lowerBound))
        for leaf in leaves[range] { frontier.append(leaf) }
        return frontier
    }

    @Test(arguments: HashRecipe.allCases)
    func adjacentRangesMergeIntoTheWhole(recipe: HashRecipe) {
        let whole = Self.range(0..<67, recipe)
        for first in 0...67 {
            for second in stride(from: first, through: 67, by: 5) {
                var merged = Self.range(0..<first, recipe)
                var middle = Self.range(first..<second, recipe)
                // Associative: (a + b) + c and a + (b + c) are one.
                let isAdjacent = middle.merge(Self.range(second..<67, recipe)) && merged.merge(middle)
                #expect(isAdjacent)
                #expect(merged == whole)
            }
        }
    }

    @Test func onlyAdjacentRangesMerge() {
        var frontier = Self.range(0..<5)
        let withGap = frontier.merge(Self.range(6..<7))
        let withOtherRecipe = frontier.merge(Self.range(5..<7, .rfc6962))
        #expect(!withGap && !withOtherRecipe)
        #expect(frontier == Self.range(0..<5))
    }

    @Test func aStoredFrontierIsTheSame() throws {
        for size in 0...67 {
            let frontier = Self.range(0..<size)
            let stored = try #require(Frontier(size: UInt64(size), hashes: frontier.nodes.map(\.hash)))
            #expect(stored == frontier)
            #expect(Frontier(size: UInt64(size), hashes: frontier.nodes.map(\.hash) + [.zero]) == nil)
        }
    }

    @Test func rootsAndProofsAgreeWithTheTreeAtEverySize() throws {
        let tree = MerkleTree(leaves: Self.leaves)
        for size in 1...67 {
            let root = try #require(tree.root(at: UInt64(size)))
            #expect(Self.range(0..<size).root == root)
            for index in 0..<size {
                let proof = try #require(tree.inclusionProof(index: UInt64(index), treeSize: UInt64(size)))
                #expect(proof.verifies(leaf: Self.leaves[index], root: root))
                #expect(!proof.verifies(leaf: .zero, root: root))
            }
            for first in 1...size {
                let proof = try #require(tree.consistencyProof(first: UInt64(first), second: UInt64(size)))
                let firstRoot = try #require(tree.root(at: UInt64(first)))
                #expect(proof.verifies(firstRoot: firstRoot, secondRoot: root))
                #expect(!proof.verifies(firstRoot: .zero, secondRoot: root))
                #expect(!proof.verifies(firstRoot: firstRoot, secondRoot: .zero))
            }
        }
    }

    @Test func theEmptyTreeHasTwoRootsAndNoOther() {
        #expect(Frontier().matches(.zero))
        #expect(Frontier().matches(.sha256([])))
        #expect(!Frontier().matches(.sha256([0])))
        #expect(!Frontier(begin: 3).matches(.zero))
        #expect(Frontier().root == nil)
    }

    /// Many at once from any place, for lengths around those of whole subtrees: the same as one by one.
    @Test(arguments: HashRecipe.allCases, [0, 1, 3, 8, 1_000]) func manyAtOnce(recipe: HashRecipe, start: Int) {
        let leaves = (0..<4_200).map { Digest.sha256([UInt8($0 & 255), UInt8($0 >> 8)]) }
        var single = Frontier(recipe: recipe)
        for leaf in leaves.prefix(start) { single.append(leaf) }
        for count in [0, 1, 2, 3, 7, 8, 9, 24, 1_023, 1_024, 1_025, 3_100] {
            var oneByOne = single
            var atOnce = single
            let added = Array(leaves[start..<start + count])
            for leaf in added { oneByOne.append(leaf) }
            atOnce.append(contentsOf: added)
            #expect(atOnce == oneByOne, "\(count) leaves from \(start)")
        }
    }

    /// A range that begins at an odd place has small subtrees first.
    @Test func manyAtOnceInTheMiddle() {
        let leaves = (0..<300).map { Digest.sha256([UInt8($0 & 255), UInt8($0 >> 8)]) }
        var oneByOne = Frontier(begin: 5)
        for leaf in leaves { oneByOne.append(leaf) }
        var atOnce = Frontier(begin: 5)
        atOnce.append(contentsOf: leaves)
        #expect(atOnce == oneByOne)
    }
}
