import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// Quorums that add up over several heads, and signatures of which no quorum comes.
struct GossipQuorumTests {
    /// Two histories from size 4 on. Their last trees are signed head by head: no head alone has its quorum.
    private static func views(_ signers: [[[Int]]]) throws -> [TestLog] {
        let common = try TestLog.honest(4)
        return try zip(["a", "b"], signers).map { name, each in
            var view = common
            view.register(name)
            for signers in each { try view.publish { $0.signers = signers } }
            return view
        }
    }

    @Test(arguments: [true, false], [[[[0], [1]], [[1], [2]]], [[[0], [1]], [[2], [1, 0]]]])
    func quorumsThatAddUp(leaves: Bool, signers: [[[Int]]]) async throws {
        let views = try Self.views(signers)
        try await GossipNode.split(views, leaves: leaves) { nodes in
            for node in nodes { #expect(try await node.rules(views[0]).isEmpty) }
            for _ in 0..<2 { for node in nodes { #expect(try await node.gossip() == []) } }
            try await GossipTests.expectProof(nodes, views[0], inFiles: false)
        }
    }

    /// What a watcher has verified by heads that add up, a peer takes for the same.
    @Test func theSameOnBothSides() async throws {
        let log = try Self.views([[[0], [1]], []])[0]
        try await GossipNode.split([log, log], leaves: true) { nodes in
            for _ in 0..<2 { for node in nodes { #expect(try await node.gossip() == []) } }
            for node in nodes {
                let heard = try await node.heard(log)
                let rules = try await node.rules(log)
                #expect(heard == 0 && rules.isEmpty)
                let others = ["a", "b", "c"].filter { $0 != node.name }
                // Each tells of its newest, and of the one whose signature adds up with it.
                #expect(others.allSatisfy { node.count("gossip_heads_total", #"answer="same",peer="\#($0)""#) == 4 })
            }
        }
    }

    /// One cosigner signed another root of a size that is verified here, for somebody else. That proves a fork, and what the
    /// log itself shows goes on.
    @Test(arguments: [true, false], [[0], [1]])
    func oneCosignersTwoSignatures(leaves: Bool, signers: [Int]) async throws {
        let log = try TestLog.honest(6)
        let other = try Self.views([[signers], []])[0].headLines[4]
        try await GossipNode.alone(log, log.script(), leaves: leaves) { node, desk, watcher in
            for _ in 0..<2 {
                let answer = try await watcher.compare(Array(other.utf8), from: "peer:b", desk.store, desk.limits)
                #expect(answer == .conflict)
            }
            let checker = EvidenceChecker(trust: try log.trust())
            let files = try node.harness.evidence()
            #expect(files.map { checker.conflict($0)?.equivocating } == [["cosigner_\(signers[0])"]])
            #expect(try await node.rules(log) == [.sameSizeDifferentRoot, .splitView])
            #expect(try await node.conflicts(log).count == 1)
            // Nothing is stored of it as a head, so that nothing continues the wrong side.
            let hash = try SignedTreeHead(json: Array(other.utf8), maximumBytes: 1 << 20).hash(.jcs)
            #expect(try await watcher.store.heads([hash], logID: watcher.log.logID).isEmpty)
            #expect(await node.poll().first?.verifiedSize == 6)
        }
    }

    /// A cosigner who signed nothing here signs another root: that alone contradicts nobody, and waits for a second one.
    @Test(arguments: [true, false])
    func aThirdCosignerAlone(leaves: Bool) async throws {
        let log = try TestLog.honest(6)
        let lines = try Self.views([[[2], [1]], []])[0].headLines
        try await GossipNode.alone(log, log.script(), leaves: leaves) { node, desk, watcher in
            func tell(_ line: String) async throws -> GossipAnswer {
                try await watcher.compare(Array(line.utf8), from: "peer:b", desk.store, desk.limits)
            }
            #expect(try await tell(lines[4]) == .unsettled)
            #expect(try await node.heard(log) == 1)
            #expect(try await node.rules(log).isEmpty)
            #expect(try await tell(lines[5]) == .conflict)
            #expect(try node.harness.evidence().count == 1)
            // Once what was heard is looked at again, nothing is told twice, and what no poll will ever settle goes.
            try await desk.settleHeard(watcher, desk.limits)
            #expect(try node.harness.evidence().count == 1)
            #expect(try await node.rules(log) == [.sameSizeDifferentRoot, .splitView])
        }
    }

    /// Who tells a head with fewer signatures than it has takes nothing from it: what others told of it counts too.
    @Test(arguments: [[[2], [1]], [[2], [2, 1]], [[2, 1], [2]]])
    func signaturesThatAreLeftOut(told: [[Int]]) async throws {
        let log = try TestLog.honest(6)
        let view = Shared(log.prefix(4))
        let script: ScriptedServer.Script = { view.value.script()($0) }
        try await GossipNode.alone(log, script) { node, desk, watcher in
            for signers in told {
                let raw = try Self.views([[signers], []])[0].headLines[4]
                let answer = try await watcher.compare(Array(raw.utf8), from: "submission", desk.store, desk.limits)
                #expect(answer == .newer)
            }
            view.value = log
            #expect(await node.poll().first?.verifiedSize == 6)
            try await desk.settleHeard(watcher, desk.limits)
            #expect(try await node.rules(log) == [.sameSizeDifferentRoot, .splitView])
            let checker = EvidenceChecker(trust: try log.trust())
            #expect(try node.harness.evidence().map { checker.conflict($0)?.equivocating } == [["cosigner_1"]])
        }
    }

    /// With leaves, a head that one cosigner signed is held against the larger trees that the same one signed.
    @Test(arguments: [[0], [2]])
    func noPrefixOfALargerTree(signers: [Int]) async throws {
        let log = try TestLog.honest(8)
        let late = #"[\#(log.headLines[5...].reversed().joined(separator: ","))]"#
        let other = try Self.views([[signers], []])[0].headLines[4]
        let honest = log.script()
        let script: ScriptedServer.Script = { $0.path == "/sth/chain" ? .init(late) : honest($0) }
        try await GossipNode.alone(log, script) { node, desk, watcher in
            let answer = try await watcher.compare(Array(other.utf8), from: "peer:b", desk.store, desk.limits)
            #expect(answer == (signers == [0] ? .conflict : .unsettled))
            let checker = EvidenceChecker(trust: try log.trust())
            let kinds = try node.harness.evidence().map { checker.conflict($0)?.kind }
            #expect(kinds == (signers == [0] ? [.inconsistent] : []))
            #expect(try await node.heard(log) == (signers == [0] ? 0 : 1))
        }
    }

    /// Where t of n leaves room for two quorums that share nobody, each may be made of several heads.
    @Test func quorumsThatShareNobody() async throws {
        var growing = TestLog(cosigners: 4)
        for index in 0..<4 {
            growing.register("user\(index)@test")
            try growing.publish()
        }
        var other = growing
        growing.register("a")
        for signer in [0, 1] { try growing.publish { $0.signers = [signer] } }
        other.register("b")
        for signer in [2, 3] { try other.publish { $0.signers = [signer] } }
        var again = other
        for signer in [2, 3] { try again.publish { $0.signers = [signer] } }
        let (lines, log, renewed) = (other.headLines, growing, again)
        try await GossipNode.alone(log, log.script()) { node, desk, watcher in
            var answers: [GossipAnswer] = []
            for line in lines[4...] {
                answers.append(try await watcher.compare(Array(line.utf8), from: "peer:b", desk.store, desk.limits))
            }
            #expect(answers == [.unsettled, .conflict])
            let store = try SQLiteStore(path: node.harness.store)
            let findings = try await store.findings(of: log.trust().logID)
            #expect(findings.map(\.finding.rule) == [.sameSizeDifferentRoot, .splitView])
            // Signed anew it is another head, and no other fork.
            for line in renewed.headLines.suffix(2) {
                let answer = try await watcher.compare(Array(line.utf8), from: "peer:b", desk.store, desk.limits)
                #expect(answer == .conflict)
            }
            #expect(try await store.findings(of: log.trust().logID).count == findings.count)
            // No cosigner signed both sides, and no two heads show it: there is no file.
            #expect(try node.harness.evidence().isEmpty)
        }
    }
}
