import HostileLog
import Testing
import TransparencyLog

/// Versions of one head, whose signatures came one after another, made one that evidence can show.
struct JoinedSignaturesTests {
    /// One head behind a log's, once for each set of signers.
    static func versions(
        _ log: TestLog, _ signers: [[Int]], _ change: (inout TestLog.Lies) -> Void = { _ in }
    ) throws -> [SignedTreeHead] {
        try signers.map { signers in
            var log = log
            return try log.publish {
                change(&$0)
                $0.signers = signers
            }
        }
    }

    static func read(_ text: String) throws -> SignedTreeHead {
        try SignedTreeHead(json: Array(text.utf8), maximumBytes: 1 << 20)
    }

    @Test(arguments: CanonicalJSON.allCases) func oneHasTheSignaturesOfBoth(dialect: CanonicalJSON) throws {
        let log = try TestLog.honest(2, dialect: dialect)
        let verifier = HeadVerifier(trust: try log.trust())
        let heads = try Self.versions(log, [[0], [2], [2, 1, 0]])
        let joined = verifier.joined(heads[0], heads[1])
        let judged = verifier.verify(joined)
        #expect(judged.signers == ["cosigner_0", "cosigner_2"] && judged.findings.isEmpty)
        #expect(judged.hash == verifier.verify(heads[0]).hash && joined.signatures.count == 2)
        #expect(verifier.joined(heads[1], heads[0]) == joined)
        // What has them all stays as it was received.
        #expect(verifier.joined(joined, heads[1]) == joined && verifier.joined(heads[1], joined) == joined)
        #expect(verifier.joined(joined, heads[2]) == heads[2] && verifier.joined(heads[2], joined) == heads[2])
    }

    /// Entries are put down anew, however they were written, and what else stood among them is lost: no head grows by it.
    @Test func nothingButOneSignatureForEachSigner() throws {
        let log = try TestLog.honest(2)
        let verifier = HeadVerifier(trust: try log.trust())
        let heads = try Self.versions(log, [[0], [1]])
        let filler = String(repeating: "A", count: 1_000)
        let junk = (0..<50).map { #",{"cosigner":"cosigner_\#($0 % 5)","sig":"\#(filler)"}"# }.joined()
        let text = heads[0].value.serialized().replacing(
            #""cosigner":"cosigner_0""#, with: #""note":"\#(filler)","cosigner":0"#)
        let padded = try Self.read("\(text.dropLast(2))\(junk)]}")
        #expect(verifier.verify(padded).signers == ["cosigner_0"])
        #expect(verifier.joined(padded, heads[1]) == verifier.joined(heads[0], heads[1]))
        #expect(verifier.joined(heads[1], padded) == verifier.joined(heads[1], heads[0]))
    }

    /// Under `shallow` versions may differ in the policy too, which nobody signed: the first one's is kept.
    @Test func anEditedPolicyStaysWhereItWas() throws {
        let log = try TestLog.honest(2, dialect: .shallow)
        let verifier = HeadVerifier(trust: try log.trust())
        let heads = try Self.versions(log, [[0], [1]])
        let edited = try Self.read(heads[1].value.serialized().replacing(#""t":2"#, with: #""t":1"#))
        #expect(verifier.joined(heads[0], edited) == verifier.joined(heads[0], heads[1]))
        let other = verifier.joined(edited, heads[0])
        #expect(other.policy?.t == 1 && verifier.verify(other).signers == ["cosigner_0", "cosigner_1"])
    }

    /// A fork that the signatures of both versions make is proved by the joined head, and not by each of them.
    @Test(arguments: [([0, 2], ["cosigner_0"]), ([1, 2], ["cosigner_1"])])
    func theCheckerBelievesTheJoinedHead(rival: [Int], guilty: [String]) throws {
        var log = try TestLog.honest(3)
        let verifier = HeadVerifier(trust: try log.trust())
        let heads = try Self.versions(log, [[0], [1]])
        let other = try log.publish {
            $0.root = .sha256([1])
            $0.signers = rival
        }
        func verdict(_ head: SignedTreeHead) throws -> EvidenceChecker.Verdict {
            try EvidenceTests.verdict(EvidenceTests.evidence(.sameSizeDifferentRoot, log, [head, other]), log)
        }
        let proved = EvidenceChecker.Verdict.proved(kind: .sameSizeDifferentRoot, equivocating: guilty)
        #expect(try verdict(verifier.joined(heads[0], heads[1])) == proved)
        let proving = try heads.map(verdict).filter { $0 == proved }
        #expect(proving.count == 1)
    }

    /// A branch needs two quorums: the joined head has one.
    @Test func aBranchFromAHeadWhoseSignaturesAddUp() throws {
        let log = try TestLog.honest(3)
        var (one, other) = (log, log)
        one.register("x")
        let heads = try Self.versions(one, [[0], [1]])
        for id in ["y", "z"] { other.register(id) }
        let rival = try other.publish { $0.signers = [1, 2] }
        let joined = HeadVerifier(trust: try log.trust()).joined(heads[0], heads[1])
        let evidence = try EvidenceTests.evidence(.branch, log, [joined, rival])
        #expect(try EvidenceTests.verdict(evidence, log) == .proved(kind: .branch, equivocating: ["cosigner_1"]))
    }
}
