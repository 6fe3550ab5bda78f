import HostileLog
import Testing
import TransparencyLog

struct EvidenceTests {
    static func evidence(
        _ kind: Evidence.Kind, _ log: TestLog, _ heads: [SignedTreeHead], leaves: [Digest]? = nil
    ) throws -> Evidence {
        Evidence(
            kind: kind, log: try log.trust(),
            heads: heads.map { .init(head: $0.value, observed: [.init(from: "direct", at: 1_700_000_000)]) },
            leaves: leaves, equivocating: [], created: 1_700_000_000, tool: "test")
    }

    static func forked() throws -> TestLog {
        var log = try TestLog.honest(3)
        try log.publish {
            $0.root = .sha256([1])
            $0.signers = [1, 2]
        }
        return log
    }

    static func verdict(_ evidence: Evidence, _ log: TestLog) throws -> EvidenceChecker.Verdict {
        EvidenceChecker(trust: try log.trust()).check(evidence)
    }

    /// C18: the evidence names the cosigner whose key was used for two roots of one size.
    @Test func twoRootsOfOneSizeNameTheirCommonCosigner() throws {
        let log = try Self.forked()
        let evidence = try Self.evidence(.sameSizeDifferentRoot, log, [log.heads[2], log.heads[3]])
        let verdict = try Self.verdict(evidence, log)
        #expect(verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_1"]))
        let read = try Evidence(json: evidence.json.bytes())
        #expect(read == evidence)
    }

    /// A head that is nested as deep as may be cannot make a file unreadable that accuses it.
    @Test func theDeepestHeadHasRoomInAFile() throws {
        let nested = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        let text = try TestLog.honest(1).headLines[0].dropLast() + #","x":\#(nested)}"#
        let head = try SignedTreeHead(json: Array(text.utf8), maximumBytes: 10_000)
        let evidence = Evidence(
            kind: .branch, log: try TestLog().trust(),
            heads: [.init(head: head.value, observed: []), .init(head: head.value, observed: [])], equivocating: [],
            created: 1, tool: "test")
        #expect(try Evidence(json: evidence.fileBytes).heads.map(\.head) == [head.value, head.value])
        #expect(throws: JSONError.self) { try JSONReader.parse(Array("[\(text)]".utf8)) }
    }

    @Test func honestHeadsAgree() throws {
        let log = try TestLog.honest(4)
        for kind in [Evidence.Kind.sameSizeDifferentRoot, .branch, .inconsistent] {
            let evidence = try Self.evidence(kind, log, [log.heads[1], log.heads[3]])
            #expect(try Self.verdict(evidence, log) == .agree)
        }
    }

    /// Two honest heads that do not follow each other must never be made into a broken link.
    @Test func honestHeadsProveNoBrokenLink() throws {
        let log = try TestLog.honest(4)
        let evidence = try Self.evidence(.linkBroken, log, [log.heads[0], log.heads[2]])
        guard case .notBelieved = try Self.verdict(evidence, log) else {
            Issue.record("honest heads were taken for a broken link")
            return
        }
    }

    @Test func aSecondFirstHeadProvesABrokenLink() throws {
        var log = try TestLog.honest(3)
        log.register("x")
        try log.publish { $0.previous = "" }
        let evidence = try Self.evidence(.linkBroken, log, [log.heads[2], log.heads[3]])
        let verdict = try Self.verdict(evidence, log)
        #expect(verdict == .proved(kind: .linkBroken, equivocating: ["cosigner_0", "cosigner_1"]))
    }

    @Test func leavesBoundByTheLargerRootProveInconsistency() throws {
        var log = TestLog()
        log.register("a")
        log.register("b")
        try log.publish { $0.root = .sha256([3]) }
        log.register("c")
        try log.publish()
        let leaves = log.registrations.map(\.leafHash)
        let proved = try Self.verdict(Self.evidence(.inconsistent, log, log.heads, leaves: leaves), log)
        #expect(proved == .proved(kind: .inconsistent, equivocating: ["cosigner_0", "cosigner_1"]))
        // Leaves that no signed root binds prove nothing.
        let forged = try Self.verdict(Self.evidence(.inconsistent, log, log.heads, leaves: leaves.reversed()), log)
        #expect(forged == .agree)
    }

    /// As leaves do, in a few hashes: the root that the larger tree has at the smaller size.
    @Test func aConsistencyProofOfTheLargerRootProvesInconsistency() throws {
        var log = try TestLog.honest(5)
        try log.publish {
            $0.treeSize = "3"
            $0.root = .sha256([3])
        }
        let tree = MerkleTree(leaves: log.registrations.map(\.leafHash))
        let heads = [log.heads[5], log.heads[4]]
        func evidence(_ root: Digest?, _ path: [Digest]) throws -> Evidence {
            Evidence(
                kind: .inconsistent, log: try log.trust(), heads: heads.map { .init(head: $0.value, observed: []) },
                prefix: .init(root: try #require(root), path: path), equivocating: [], created: 1, tool: "test")
        }
        let path = try #require(tree.consistencyProof(first: 3, second: 5)).path
        let file = try evidence(tree.root(at: 3), path)
        #expect(try Evidence(json: file.fileBytes) == file)
        #expect(
            try Self.verdict(file, log) == .proved(kind: .inconsistent, equivocating: ["cosigner_0", "cosigner_1"]))
        // A root that the proof does not lead to, and a path that leads nowhere, prove nothing.
        #expect(try Self.verdict(evidence(.sha256([4]), path), log) == .agree)
        #expect(try Self.verdict(evidence(tree.root(at: 3), path.reversed()), log) == .agree)
    }

    /// Anybody can write leaves into a file: a mismatch with a genuine root is testimony, not proof.
    @Test func leavesThatNobodySignedProveNothing() throws {
        let log = try TestLog.honest(3)
        let evidence = try Self.evidence(.rootMismatch, log, [log.heads[2]], leaves: [.zero, .zero, .zero])
        guard case .notBelieved = try Self.verdict(evidence, log) else {
            Issue.record("forged leaves were believed")
            return
        }
    }

    @Test func anotherLogsEvidenceIsNotBelieved() throws {
        let log = try Self.forked()
        let evidence = try Self.evidence(.sameSizeDifferentRoot, log, [log.heads[2], log.heads[3]])
        let other = EvidenceChecker(trust: try TestLog(firstSeed: 50).trust())
        guard case .notBelieved = other.check(evidence) else {
            Issue.record("evidence about another log was believed")
            return
        }
    }

    /// The same keys under a lower quorum are another log: its evidence is judged by no other's policy.
    @Test func evidenceUnderAnotherPolicyIsNotBelieved() throws {
        let log = try Self.forked()
        let evidence = try Self.evidence(.sameSizeDifferentRoot, log, [log.heads[2], log.heads[3]])
        let pinned = try TrustFile(
            name: "test", canonical: .jcs, policy: .init(t: 1, n: 3), cosigners: log.trust().cosigners)
        #expect(
            EvidenceChecker(trust: pinned).check(evidence)
                == .notBelieved(reason: "the evidence is about another log than the trust file"))
    }

    /// Leaves that give an unsigned root say nothing of the log, and do not make its head believed.
    @Test func aHeadThatNobodySignedIsNotBelieved() throws {
        var log = try TestLog.honest(2)
        let leaves = log.registrations.map(\.leafHash)
        #expect(try Self.verdict(Self.evidence(.rootMismatch, log, [log.heads[1]], leaves: leaves), log) == .agree)
        try log.publish { $0.signers = [] }
        #expect(
            try Self.verdict(Self.evidence(.rootMismatch, log, [log.heads[2]], leaves: leaves), log)
                == .notBelieved(reason: "heads[0] has no valid signature by a pinned cosigner"))
    }

    /// What the leaves of one head prove of another is believed of two quorums, or of whoever signed both.
    @Test(arguments: [
        ([0], [1, 2], nil), ([0, 1], [2], nil), ([0], [1], nil), ([0], [0], ["cosigner_0"]),
        ([0], [0, 1], ["cosigner_0"]),
        ([0, 1], [1], ["cosigner_1"]), ([0, 1], [1, 2], ["cosigner_1"]),
    ])
    func whoProvesInconsistency(smaller: [Int], larger: [Int], guilty: [String]?) throws {
        var log = try TestLog.honest(2)
        let first = try log.publish {
            $0.root = .sha256([3])
            $0.signers = smaller
        }
        log.register("x")
        let second = try log.publish { $0.signers = larger }
        let leaves = log.registrations.map(\.leafHash)
        let verdict = try Self.verdict(Self.evidence(.inconsistent, log, [first, second], leaves: leaves), log)
        #expect(
            verdict
                == (guilty.map { .proved(kind: .inconsistent, equivocating: $0) }
                    ?? .notBelieved(reason: "a head has no quorum of the pinned cosigners")))
    }

    /// Flipping any byte of the evidence may be found or be harmless, but makes no other cosigner guilty and no crash.
    @Test func tamperedEvidenceAccusesNobodyElse() throws {
        let log = try Self.forked()
        let bytes = try Self.evidence(.sameSizeDifferentRoot, log, [log.heads[2], log.heads[3]]).json.bytes()
        for index in bytes.indices {
            var tampered = bytes
            tampered[index] ^= 1
            guard let evidence = try? Evidence(json: tampered) else { continue }
            if case .proved(_, let equivocating) = try Self.verdict(evidence, log) {
                #expect(equivocating == ["cosigner_1"])
            }
        }
    }
}
