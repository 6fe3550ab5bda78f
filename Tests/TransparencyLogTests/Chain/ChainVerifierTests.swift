import HostileLog
import Testing
import TransparencyLog

/// Clauses of the chain that no broken rule alone reaches: what may not be read, added up, remembered or forgotten.
struct ChainVerifierTests {
    /// Heads and their chain, without roots.
    static func rules(_ log: TestLog, window: Int = ChainVerifier.window) throws -> [Rule] {
        let verifier = HeadVerifier(trust: try log.trust())
        var chain = ChainVerifier(verifier: verifier, window: window)
        var findings: [Finding] = []
        for judged in log.heads.map(verifier.verify) { findings += judged.findings + chain.check(judged) }
        return (findings + chain.finish()).map(\.rule)
    }

    /// Behind a head that could not be read a link is a gap, and behind that gap a broken link is one again.
    @Test func anUnreadableHeadExcusesTheNextOneAlone() throws {
        var log = try TestLog.honest(4)
        log.register("x")
        try log.publish { $0.previous = Digest.sha256([9]).base64 }
        let verifier = HeadVerifier(trust: try log.trust())
        let judged = log.heads.map(verifier.verify)
        var chain = ChainVerifier(verifier: verifier)
        #expect(chain.check(judged[0]).isEmpty)
        chain.skipUnreadable()
        #expect(chain.check(judged[2]).map(\.rule) == [.chainGap])
        #expect(chain.check(judged[3]).isEmpty)
        #expect(chain.check(judged[4]).map(\.rule) == [.linkBroken])
    }

    /// A copy of an old head takes no newer one of its size out of what a fork is recognised by.
    @Test func aCopyOfAnOldHead() throws {
        var log = try TestLog.honest(1)
        try log.publish()
        try log.publish()
        let last = try log.heads[1].hash(log.dialect).base64
        var rival = log
        let fork = try rival.publish {
            $0.root = Digest.sha256([1])
            $0.previous = last
        }
        for size in 2...4 {
            log.register("later\(size)")
            try log.publish()
        }
        let verifier = HeadVerifier(trust: try log.trust())
        var chain = ChainVerifier(verifier: verifier, window: 5)
        for head in log.heads[..<3] + [log.heads[0]] + log.heads[3...] {
            #expect(chain.check(verifier.verify(head)).isEmpty)
        }
        #expect(chain.check(verifier.verify(fork)).map(\.rule) == [.sameSizeDifferentRoot])
    }

    /// A head without a canonical form has no hash that the next one could name.
    @Test func aHeadWithoutAHashLeavesAGap() throws {
        let log = try TestLog.honest(3)
        let verifier = HeadVerifier(trust: try log.trust())
        let text = log.headLines[1].replacing("{\"tree_size\"", with: "{\"x\":1e999,\"tree_size\"")
        let middle = verifier.verify(try SignedTreeHead(JSONReader.parse(Array(text.utf8))))
        #expect(middle.hash == nil && middle.signers.isEmpty)
        #expect(middle.findings.map(\.rule) == [.headMalformed])
        var chain = ChainVerifier(verifier: verifier)
        #expect(chain.check(verifier.verify(log.heads[0])).isEmpty)
        #expect(chain.check(middle).isEmpty)
        // Nobody's signature was verified, so that it has no quorum either.
        #expect(chain.check(verifier.verify(log.heads[2])).map(\.rule) == [.quorumNotMet, .chainGap])
    }

    /// A server that neither signs nor chains is told the one thing; a quorum head must be chained.
    @Test(arguments: [([Int](), [Rule.headUnsigned]), ([0, 1], [.linkBroken])])
    func aHeadThatStatesNoPredecessor(signers: [Int], expected: [Rule]) throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish {
            $0.signers = signers
            $0.isChained = false
        }
        #expect(try Self.rules(log) == expected)
    }

    @Test(arguments: [(ChainVerifier.tolerance, [Rule]()), (ChainVerifier.tolerance + 1, [.timestampFuture])])
    func aHeadAheadOfTheClock(seconds: UInt64, expected: [Rule]) throws {
        let log = try TestLog.honest(1)
        let verifier = HeadVerifier(trust: try log.trust())
        var chain = ChainVerifier(verifier: verifier, now: log.heads[0].timestamp - seconds)
        #expect(chain.check(verifier.verify(log.heads[0])).map(\.rule) == expected)
    }

    /// Signatures of two cosigners are no quorum unless both stand under one size and one root.
    @Test(arguments: [true, false])
    func signaturesOfDifferentHeadsDoNotAddUp(sameRoot: Bool) throws {
        var log = try TestLog.honest(2)
        log.register("x")
        let first = try log.publish { $0.signers = [0] }
        if sameRoot { log.register("y") }
        try log.publish {
            $0.signers = [1]
            $0.root = sameRoot ? first.root : .sha256([1])
        }
        #expect(try Self.rules(log) == [.quorumNotMet, .quorumNotMet])
    }

    /// So many heads back a fork is recognised, and no further: what lies behind the window is forgotten.
    @Test(arguments: [(7, Rule.sameSizeDifferentRoot), (6, .sizeRegressed)])
    func theWindowReachesSoFarBack(size: Int, expected: Rule) throws {
        var log = try TestLog.honest(10)
        try log.publish {
            $0.treeSize = "\(size)"
            $0.root = .sha256([1])
        }
        #expect(try Self.rules(log, window: 4) == [expected])
    }
}
