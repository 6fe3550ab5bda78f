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
}
