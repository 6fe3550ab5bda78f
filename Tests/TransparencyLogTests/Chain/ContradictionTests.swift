import Testing
import TransparencyLog

/// Why two heads contradict each other, clause by clause, under a quorum of two.
struct ContradictionTests {
    static func head(
        _ name: UInt8, size: UInt64, root: UInt8 = 0, after parent: UInt8 = 0, signers: String
    ) -> ChainVerifier.Known {
        ChainVerifier.Known(
            hash: .sha256([1, name]), predecessor: .hash(.sha256([2, parent])), treeSize: size,
            root: .sha256([3, root]), timestamp: 1_700_000_000, signers: Set(signers.map(String.init)))
    }

    static func between(_ left: ChainVerifier.Known, _ right: ChainVerifier.Known) -> Contradiction? {
        Contradiction.between(left, right) { $0.count >= 2 }
    }

    /// Two quorums need not have a cosigner in common where the threshold is low; one common cosigner needs no quorum.
    @Test(arguments: [
        ("ab", "cd", Contradiction.sameSizeDifferentRoot), ("a", "a", .sameSizeDifferentRoot),
        ("a", "ab", .sameSizeDifferentRoot), ("a", "b", nil), ("ab", "c", nil), ("", "", nil), ("", "ab", nil),
    ])
    func twoRootsOfOneSize(left: String, right: String, expected: Contradiction?) {
        let heads = (
            Self.head(1, size: 5, root: 1, signers: left), Self.head(2, size: 5, root: 2, after: 2, signers: right)
        )
        #expect(Self.between(heads.0, heads.1) == expected)
        #expect(Self.between(heads.1, heads.0) == expected)
        // The same root is a re-signing, whoever signed.
        #expect(Self.between(heads.0, Self.head(2, size: 5, root: 1, after: 2, signers: right)) == nil)
    }

    /// A common cosigner may have signed before the other head was there: only two quorums make a branch.
    @Test(arguments: [
        ("ab", "cd", Contradiction.branch), ("ab", "ab", .branch), ("a", "a", nil), ("ab", "a", nil), ("", "ab", nil),
    ])
    func twoHeadsAfterOne(left: String, right: String, expected: Contradiction?) {
        let heads = (Self.head(1, size: 5, signers: left), Self.head(2, size: 6, signers: right))
        #expect(Self.between(heads.0, heads.1) == expected)
        #expect(Self.between(heads.1, heads.0) == expected)
        #expect(Self.between(heads.0, Self.head(2, size: 6, after: 2, signers: right)) == nil)
    }
}
