import HostileLog
import Testing
import TransparencyLog

/// Each rule is broken alone: exactly the one finding results.
struct RuleTests {
    /// Walks a log's heads the one way: head, then chain, then root.
    static func rules(_ log: TestLog, _ trust: TrustFile? = nil) throws -> [Rule] {
        let verifier = HeadVerifier(trust: try trust ?? log.trust())
        var chain = ChainVerifier(verifier: verifier)
        var tree = TreeVerifier()
        var leaves = log.registrations[...]
        var findings: [Finding] = []
        for head in log.heads {
            let judged = verifier.verify(head)
            findings += judged.findings + chain.check(judged)
            while tree.frontier.end < head.treeSize, let leaf = leaves.popFirst() {
                if let finding = tree.append(leaf) { findings.append(finding) }
            }
            if head.treeSize > 0, head.treeSize == tree.frontier.end, let finding = tree.check(head) {
                findings.append(finding)
            }
        }
        return (findings + chain.finish()).map(\.rule)
    }

    /// The first head may come late below what is known of a chain, or with the size at which that begins, where heartbeats of the
    /// first head were seen before it; and nowhere else.
    @Test(arguments: [(6, []), (1, []), (0, [Rule.linkBroken])] as [(UInt64, [Rule])])
    func aFirstHeadThatComesLate(beginning: UInt64, rules: [Rule]) throws {
        let log = try TestLog.honest(6)
        let verifier = HeadVerifier(trust: try log.trust())
        let judged = log.heads.map(verifier.verify)
        var chain = ChainVerifier(verifier: verifier)
        #expect(chain.check(judged[5]).map(\.rule) == [.chainGap])
        chain.beginning = beginning
        #expect(chain.check(judged[0]).map(\.rule) == rules)
        for head in judged[1...4] { #expect(chain.check(head).isEmpty) }
    }

    @Test(
        arguments: [(3, nil, [Rule.linkBroken]), (4, nil, []), (4, 0, []), (4, 1, [.linkBroken])]
            as [(UInt64, UInt64?, [Rule])])
    func aSecondFirstHead(beginning: UInt64, earlier: UInt64?, rules: [Rule]) throws {
        var log = try TestLog.honest(4)
        let again = try log.publish { $0.previous = "" }
        let verifier = HeadVerifier(trust: try log.trust())
        var chain = ChainVerifier(verifier: verifier)
        _ = chain.check(verifier.verify(log.heads[2]))
        _ = chain.check(verifier.verify(log.heads[3]))
        chain.beginning = beginning
        chain.beginningTime = earlier.map { again.timestamp - $0 }
        #expect(chain.check(verifier.verify(again)).map(\.rule) == rules)
    }

    @Test(arguments: CanonicalJSON.allCases)
    func anHonestLogHasNoFindings(dialect: CanonicalJSON) throws {
        #expect(try Self.rules(.honest(9, dialect: dialect)) == [])
    }

    @Test(arguments: [
        (#"[]"#, [Rule.headUnsigned]),
        (#"[{"cosigner":"cosigner_9","sig":""}]"#, [.cosignerUnknown, .quorumNotMet]),
    ])
    func signaturesReplaced(signatures: String, expected: [Rule]) throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish { $0.signatures = signatures }
        #expect(try Self.rules(log) == expected)
    }

    @Test func oneSignatureIsNoQuorum() throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish { $0.signers = [2] }
        #expect(try Self.rules(log) == [.quorumNotMet])
    }

    @Test func theSameCosignerTwiceCountsOnce() throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish { $0.signers = [1, 1] }
        #expect(try Self.rules(log) == [.cosignerRepeated, .quorumNotMet])
    }

    @Test func aRepeatedSignatureBesideAQuorumIsReportedAlone() throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish { $0.signers = [0, 1, 1] }
        #expect(try Self.rules(log) == [.cosignerRepeated])
    }

    /// C9: the quorum stands, the third signature is reported.
    @Test func aThirdSignatureByABrokenKeyIsReportedAlone() throws {
        var log = try TestLog.honest(2)
        let broken = try TestLog(firstSeed: 100).trust().cosigners[2]
        let cosigners = try log.trust().cosigners.dropLast() + [broken]
        log.register("x")
        try log.publish { $0.signers = [0, 1, 2] }
        #expect(try Self.rules(log, log.trust(cosigners: Array(cosigners))) == [.signatureInvalid])
    }

    @Test func anotherPolicyIsReported() throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish { $0.policy = #"{"t":1,"n":3}"# }
        #expect(try Self.rules(log) == [.policyMismatch])
    }

    /// C16: under `shallow` an edited policy leaves hash and signatures as they were.
    @Test func anEditedPolicyVerifiesUnderShallow() throws {
        var log = try TestLog.honest(2, dialect: .shallow)
        log.register("x")
        try log.publish {
            $0.signedPolicy = #"{"t":2,"n":3}"#
            $0.policy = #"{"t":1,"n":3}"#
        }
        #expect(try Self.rules(log) == [.policyMismatch])
        #expect(HeadVerifier(trust: try log.trust()).standingFinding?.rule == .policyUnsigned)
        #expect(HeadVerifier(trust: try TestLog().trust()).standingFinding == nil)
    }

    @Test(arguments: ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="])
    func aBrokenLink(previous: String) throws {
        var log = try TestLog.honest(3)
        log.register("x")
        try log.publish { $0.previous = previous }
        log.register("y")
        try log.publish()
        #expect(try Self.rules(log) == [.linkBroken])
    }

    @Test func aChainThatBeginsInTheMiddleHasAGap() throws {
        var log = TestLog()
        log.register("x")
        try log.publish { $0.previous = Digest.sha256([]).base64 }
        #expect(try Self.rules(log) == [.chainGap])
    }

    @Test func sizesMayNotRegress() throws {
        var log = try TestLog.honest(3)
        let root = log.heads[1].root
        try log.publish {
            $0.treeSize = "2"
            $0.root = root
        }
        // The smaller tree is the true prefix, so that only its place in the chain is wrong.
        #expect(try Self.rules(log) == [.sizeRegressed])
    }

    @Test func timestampsMayNotRegress() throws {
        var log = try TestLog.honest(3)
        log.register("x")
        try log.publish { $0.timestamp = 1_600_000_000 }
        #expect(try Self.rules(log) == [.timestampRegressed])
    }

    /// C18: two roots of one size.
    @Test func sameSizeDifferentRoot() throws {
        var log = try TestLog.honest(3)
        let rules = try Self.rules(log)
        try log.publish { $0.root = .sha256([1]) }
        #expect(rules == [])
        #expect(try Self.rules(log) == [.sameSizeDifferentRoot, .rootMismatch])
    }

    /// C14: two registrations at once on a racy server.
    @Test func branch() throws {
        var log = try TestLog.honest(3)
        let parent = try log.heads[2].hash(.jcs).base64
        log.register("x")
        try log.publish()
        log.register("y")
        try log.publish { $0.previous = parent }
        log.register("z")
        try log.publish()
        log.register("w")
        try log.publish { $0.previous = Digest.sha256([9]).base64 }
        // The audit goes on behind the branch, and reports the later break too.
        #expect(try Self.rules(log) == [.branch, .linkBroken])
    }

    @Test func aWrongRootIsFoundAtItsSizeAlone() throws {
        var log = try TestLog.honest(3)
        log.register("x")
        try log.publish { $0.root = .sha256([1]) }
        log.register("y")
        try log.publish()
        #expect(try Self.rules(log) == [.rootMismatch])
    }

    /// C3: an empty log starts with either of the two empty roots, and no other.
    @Test func anEmptyLogStarts() throws {
        for (root, expected) in [(Digest.zero, [Rule]()), (.sha256([]), []), (.sha256([7]), [.emptyRootUnknown])] {
            var log = TestLog()
            try log.publish { $0.root = root }
            log.register("x")
            try log.publish()
            #expect(try Self.rules(log) == expected)
            // Whoever recomputes no roots is told as well, and where nobody signed.
            var unsigned = TestLog()
            let head = try unsigned.publish {
                $0.root = root
                $0.signatures = "[]"
            }
            let verifier = HeadVerifier(trust: try log.trust())
            #expect(verifier.verify(log.heads[0]).findings.map(\.rule) == expected)
            #expect(verifier.verify(head).findings.map(\.rule) == expected + [.headUnsigned])
            #expect(TreeVerifier().check(log.heads[0])?.rule == expected.first)
        }
    }

    /// Where a whole tree is at hand, a head may cover more than it holds.
    @Test func aHeadBeyondTheTree() throws {
        let log = try TestLog.honest(3)
        let tree = MerkleTree(leaves: log.registrations.prefix(2).map(\.leafHash))
        #expect(TreeVerifier.check(log.heads[1], in: tree) == nil)
        #expect(TreeVerifier.check(log.heads[2], in: tree)?.rule == .leavesMissing)
    }

    @Test func aStoredLeafHashIsAClaim() throws {
        let registration = try TestLog.honest(1).registrations[0]
        var tree = TreeVerifier()
        let wrong = tree.append(registration, claimed: .zero)
        #expect(wrong?.rule == .leafHashMismatch)
        let right = tree.append(registration, claimed: registration.leafHash)
        #expect(right == nil)
    }

    /// C2: fresh again, signatures added up, no finding.
    @Test func aHeartbeatAddsItsSignaturesUp() throws {
        var log = try TestLog.honest(2)
        log.register("x")
        try log.publish { $0.signers = [0] }
        try log.publish { $0.signers = [1] }
        #expect(try Self.rules(log) == [])
    }

    /// C11: numbers that are not plain integers up to 2^53 - 1 make a head malformed.
    @Test(arguments: [
        "9007199254740992", "9007199254740993", "4611686018427387905", "9223372036854775808", "18446744073709551615",
        "-1", "1.0", "1e3", "\"5\"", "null", "01",
    ])
    func sizesThatAreNoSizes(size: String) throws {
        let log = try TestLog.honest(1)
        #expect(throws: (any Error).self) {
            var lies = TestLog.Lies()
            lies.treeSize = size
            _ = try SignedTreeHead(JSONReader.parse(Array(log.text(lies).utf8)))
        }
    }

    /// Memory is bounded by the window, and the verdict on an honest chain does not depend on it.
    @Test(arguments: [1, 2, 5])
    func aSmallWindowIsEnoughForAnHonestChain(window: Int) throws {
        let log = try TestLog.honest(30)
        let verifier = HeadVerifier(trust: try log.trust())
        var chain = ChainVerifier(verifier: verifier, window: window)
        var findings = log.heads.flatMap { chain.check(verifier.verify($0)) }
        findings += chain.finish()
        #expect(findings.isEmpty)
    }

    @Test func everyRuleHasALineOfDocumentation() {
        for rule in Rule.allCases {
            #expect(rule.documentation.hasSuffix("."))
            #expect(!rule.documentation.contains("\n"))
        }
    }
}
