import HostileLog
import Testing
import TransparencyLog

/// Signatures that come one after another: a fork is not missed, and a quorum not denied, because of their order.
struct AddedSignaturesTests {
    /// Two heads after one parent, and how the chain judges them in an order of signers.
    static func rules(_ order: [(head: Int, signers: [Int])], sameSize: Bool) throws -> [[Rule]] {
        let base = try TestLog.honest(2)
        let verifier = HeadVerifier(trust: try base.trust())
        var chain = ChainVerifier(verifier: verifier)
        for head in base.heads { _ = chain.check(verifier.verify(head)) }
        return try order.map { entry in
            var log = base
            log.register("x")
            if entry.head == 1, !sameSize { log.register("y") }
            let head = try log.publish {
                $0.signers = entry.signers
                if entry.head == 1, sameSize { $0.root = .sha256([1]) }
            }
            return chain.check(verifier.verify(head)).map(\.rule)
        }
    }

    /// The first head has one signature when its rival comes, and the second one later.
    @Test(arguments: [(true, Rule.sameSizeDifferentRoot), (false, .branch)])
    func aForkIsFoundWhenTheSignaturesAreComplete(sameSize: Bool, expected: Rule) throws {
        let rules = try Self.rules([(0, [0]), (1, [1, 2]), (0, [1]), (0, [0, 1]), (0, [2])], sameSize: sameSize)
        #expect(!rules[1].contains(expected))
        #expect(rules[2].contains(expected))
        // It is told once, whoever signs one side of it later.
        #expect(!rules[3].contains(expected) && !rules[4].contains(expected))
    }

    /// The same head twice with another one between: its signatures make a quorum.
    @Test func aQuorumIsCompletedLater() throws {
        let rules = try Self.rules([(0, [0]), (1, [0]), (0, [1]), (1, [2])], sameSize: false)
        // What is told is the group before, which ended without a quorum; the last two are complete, and a branch.
        #expect(rules == [[], [.quorumNotMet], [.quorumNotMet], [.branch]])
    }

    /// A log may turn from 32 zero bytes to SHA-256 of nothing while it is empty.
    @Test func theTwoEmptyRootsAreNoFork() throws {
        var log = TestLog()
        try log.publish { $0.root = .zero }
        try log.publish { $0.root = .sha256([]) }
        #expect(try RuleTests.rules(log) == [])
        let evidence = try EvidenceTests.evidence(.sameSizeDifferentRoot, log, log.heads)
        #expect(try EvidenceTests.verdict(evidence, log) == .agree)
        try log.publish { $0.root = .sha256([7]) }
        #expect(try RuleTests.rules(log) == [.emptyRootUnknown, .sameSizeDifferentRoot])
    }
}
