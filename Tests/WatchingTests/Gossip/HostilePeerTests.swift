import Foundation
import HostileLog
import Synchronization
import Testing
import TransparencyLog

@testable import Watching

/// Peers that lie, fail and flood can at worst be useless.
struct HostilePeerTests {
    /// What a hostile peer serves, by the end of the path.
    typealias Lies = [String: ScriptedServer.Answer]

    private static func serve(_ lies: Lies) -> ScriptedServer.Script {
        { question in lies[question.path.replacing("/gossip/v1/", with: "")] ?? .init("no", status: 404) }
    }

    private static func heads(_ log: TestLog, _ heads: [String]) throws -> ScriptedServer.Answer {
        let entries = try heads.map { #"{"log_id":"\#(try log.trust().logID)","name":"x","head":\#($0)}"# }
        return .init(#"{"watcher":null,"heads":[\#(entries.joined(separator: ","))]}"#)
    }

    private static func offers(_ log: TestLog, _ files: [[UInt8]], sha256: Digest? = nil) throws -> Lies {
        var lies: Lies = [:]
        var entries: [String] = []
        for file in files {
            let hash = sha256 ?? Digest.sha256(file)
            let conflict = Digest.sha256(hash.bytes).hex
            entries.append(
                #"{"log_id":"\#(try log.trust().logID)","conflict":"\#(conflict)","sha256":"\#(hash.hex)"}"#)
            lies["evidence/\(hash.hex)"] = .init(body: file)
        }
        lies["evidence"] = .init(#"{"evidence":[\#(entries.joined(separator: ","))]}"#)
        lies["heads"] = .init(#"{"heads":[]}"#)
        return lies
    }

    /// One honest watcher with a hostile peer, in front of an honest log.
    private struct Meeting: Sendable {
        let lies: @Sendable (TestLog) throws -> Lies
        private var limits = GossipLimits()

        init(_ lies: @Sendable @escaping (TestLog) throws -> Lies) { self.lies = lies }

        func limited(_ bound: WritableKeyPath<GossipLimits, Int>, _ value: Int) -> Meeting {
            var meeting = self
            meeting.limits[keyPath: bound] = value
            return meeting
        }

        func run(_ expect: @Sendable @escaping (GossipNode, ScriptedServer, TestLog) async throws -> Void) async throws
        {
            try await ScriptedServer.run { server, url in
                let log = try TestLog.honest(6)
                server.answer(log.script())
                try await ScriptedServer.run { hostile, hostileURL in
                    hostile.answer(HostilePeerTests.serve(try lies(log)))
                    let node = try GossipNode("a", address: "127.0.0.2", log: url)
                    try node.start(log, leaves: true, peers: [("liar", hostileURL)]) { $0.limits = limits }
                    await node.poll()
                    try await expect(node, hostile, log)
                    #expect(try await node.rules(log).isEmpty)
                    #expect(try await node.conflicts(log).isEmpty)
                    #expect(await node.poll().first?.exitCode == 0)
                    node.kill()
                }
            }
        }
    }

    @Test(arguments: [
        "", "[", "{}", "null", "[1,2]", #"{"heads":{}}"#, #"{"heads":[],"heads":[]}"#, "\u{0}\u{1}\u{2}", "<html>",
    ])
    func garbage(body: String) async throws {
        try await Meeting { _ in ["heads": .init(body), "evidence": .init(body)] }.run { node, _, _ in
            try await node.expectGossip(failing: ["liar"])
            #expect(node.count("gossip_failures_total", #"peer="liar",reason="malformed""#) == 1)
        }
    }

    /// Entries that are no heads are dropped, one by one.
    @Test func garbageInTheList() async throws {
        try await Meeting { log in
            let own = try log.trust().logID
            let bad = [
                "1", "null", "{}", #"{"log_id":7,"head":{}}"#, #"{"log_id":"\#(own)","head":[]}"#,
                #"{"log_id":"unknown","head":{}}"#, #"{"log_id":"\#(own)","head":{"tree_size":5}}"#,
            ]
            return [
                "heads": .init(#"{"heads":[\#(bad.joined(separator: ","))]}"#),
                "evidence": .init(#"{"evidence":[1,{}]}"#),
            ]
        }.run { node, _, _ in
            try await node.expectGossip()
            #expect(node.count("gossip_heads_total", #"answer="rejected",peer="liar""#) == 2)
            #expect(node.count("gossip_unknown_logs_total", #"peer="liar""#) == 1)
        }
    }

    /// Signed by other keys, or with what was signed changed.
    @Test(arguments: ["keys", "root"])
    func forgedHeads(way: String) async throws {
        try await Meeting { log in
            var forged = way == "keys" ? TestLog(firstSeed: 40) : log.prefix(4)
            forged.register("evil")
            forged.register("evil2")
            let head = try forged.publish {
                if way == "root" { $0.signers = [0, 1] }
            }
            var text = head.value.serialized()
            if way == "root" { text = text.replacing(head.root.base64, with: Digest.sha256([1]).base64) }
            return ["heads": try Self.heads(log, [text]), "evidence": .init(#"{"evidence":[]}"#)]
        }.run { node, _, log in
            for _ in 0..<2 { try await node.expectGossip() }
            #expect(node.count("gossip_heads_total", #"answer="rejected",peer="liar""#) == 2)
            #expect(try await node.heard(log) == 0)
        }
    }

    /// Signed by one cosigner, who signed nothing else, once or twice: that contradicts nobody.
    @Test(arguments: [[2], [2, 2]])
    func tooFewSignatures(signers: [Int]) async throws {
        try await Meeting { log in
            var forged = log.prefix(4)
            forged.register("evil")
            forged.register("evil2")
            let head = try forged.publish { $0.signers = signers }
            return ["heads": try Self.heads(log, [head.value.serialized()]), "evidence": .init(#"{"evidence":[]}"#)]
        }.run { node, _, log in
            for _ in 0..<2 { try await node.expectGossip() }
            #expect(node.count("gossip_heads_total", #"answer="unsettled",peer="liar""#) == 2)
            #expect(try await node.heard(log) == 1)
        }
    }

    /// Old heads again, and heads with signatures that the peer added.
    @Test func replayedHeads() async throws {
        try await Meeting { log in
            ["heads": try Self.heads(log, [log.headLines[2]]), "evidence": .init(#"{"evidence":[]}"#)]
        }.run { node, hostile, log in
            for _ in 0..<3 { try await node.expectGossip() }
            #expect(node.count("gossip_heads_total", #"answer="older",peer="liar""#) == 3)
            let padded = log.headLines[5].replacing(
                #""signatures":["#,
                with: #""signatures":[{"cosigner":"cosigner_2","sig":"AAAA"},{"cosigner":"x","sig":""},"#)
            hostile.answer(
                Self.serve(["heads": try Self.heads(log, [padded]), "evidence": .init(#"{"evidence":[]}"#)]))
            try await node.expectGossip()
            #expect(node.count("gossip_heads_total", #"answer="same",peer="liar""#) == 1)
        }
    }

    @Test func oversized() async throws {
        try await Meeting { _ in
            let long = String(repeating: " ", count: 20_000)
            return ["heads": .init(#"{"heads":[]\#(long)}"#)]
        }.limited(\.answerBytes, 10_000).run { node, _, _ in
            try await node.expectGossip(failing: ["liar"])
            #expect(node.count("gossip_failures_total", #"peer="liar",reason="too_large""#) == 1)
        }
    }

    /// Heads that a hostile log's cosigners sign without end are kept in a bounded number, those that can be compared
    /// first.
    @Test func heardHeadsAreBounded() async throws {
        try await Meeting { _ in ["heads": .init(#"{"heads":[]}"#), "evidence": .init(#"{"evidence":[]}"#)] }
            .limited(\.heardHeads, 4).run { node, hostile, log in
                var more = log
                for index in 0..<10 {
                    more.register("more\(index)")
                    let head = try more.publish()
                    hostile.answer(
                        Self.serve([
                            "heads": try Self.heads(log, [head.value.serialized()]),
                            "evidence": .init(#"{"evidence":[]}"#),
                        ]))
                    try await node.expectGossip()
                }
                let service = try #require(node.watcher?.gossipService)
                let heard = try await service.desk.store.heard(of: try log.trust().logID)
                #expect(heard.map(\.treeSize) == [7, 8, 9, 10])
            }
    }

    /// Evidence that proves nothing by the pinned keys: forged, of another log, testimony, two heads that agree, junk.
    @Test func evidenceThatProvesNothing() async throws {
        try await Meeting { log in
            let trust = try log.trust()
            func file(_ heads: [JSONValue], _ kind: Evidence.Kind, _ trust: TrustFile) -> [UInt8] {
                Evidence(
                    kind: kind, log: trust, heads: heads.map { .init(head: $0, observed: []) }, leaves: [.zero],
                    equivocating: ["cosigner_0", "cosigner_1"], created: 1, tool: "evil"
                ).fileBytes
            }
            var other = TestLog(firstSeed: 40)
            other.register("a")
            try other.publish()
            var fork = TestLog(firstSeed: 40)
            fork.register("b")
            try fork.publish()
            let heads = log.heads.map(\.value)
            return try Self.offers(
                log,
                [
                    file([other.heads[0].value, fork.heads[0].value], .sameSizeDifferentRoot, trust),
                    file([other.heads[0].value, fork.heads[0].value], .sameSizeDifferentRoot, other.trust()),
                    file([heads[3], heads[4]], .inconsistent, trust), file([heads[3]], .rootMismatch, trust),
                    file([heads[5], heads[5]], .sameSizeDifferentRoot, trust), Array("junk".utf8), [],
                ])
        }.run { node, hostile, _ in
            try await node.expectGossip()
            #expect(node.count("gossip_evidence_total", #"answer="unproven",peer="liar""#) == 5)
            #expect(node.count("gossip_evidence_total", #"answer="malformed",peer="liar""#) == 2)
            #expect(hostile.asked.count == 9)
        }
    }

    /// A file that is not the one that was offered ends the round.
    @Test func anotherFileThanOffered() async throws {
        try await Meeting { log in
            try Self.offers(log, [Array("junk".utf8)], sha256: .sha256(Array("what was offered".utf8)))
        }.run { node, _, _ in
            try await node.expectGossip(failing: ["liar"])
            #expect(node.count("gossip_failures_total", #"peer="liar",reason="malformed""#) == 1)
        }
    }

    /// However many files a peer offers, a round fetches so many.
    @Test func aFloodOfOffers() async throws {
        try await Meeting { log in
            try Self.offers(log, (0..<500).map { Array("junk \($0)".utf8) })
        }.limited(\.evidencePerRound, 3).run { node, hostile, _ in
            try await node.expectGossip()
            #expect(hostile.asked.count == 5)
        }
    }

    /// What was of no use is fetched once, and not in each round.
    @Test func refusedFilesAreFetchedOnce() async throws {
        try await Meeting { log in
            try Self.offers(log, (0..<3).map { Array("junk \($0)".utf8) })
        }.run { node, hostile, _ in
            for _ in 0..<3 { try await node.expectGossip() }
            #expect(hostile.asked.count == 6 + 3)
            #expect(node.count("gossip_evidence_total", #"answer="malformed",peer="liar""#) == 9)
        }
    }

    /// Of a list without end, so many entries for a log are looked at.
    @Test func aListWithoutEnd() async throws {
        try await Meeting { log in
            let entry = try String(
                decoding: Self.offers(log, [Array("junk".utf8)])["evidence"]?.body ?? [], as: UTF8.self
            ).dropFirst(#"{"evidence":["#.count).dropLast(2)
            let list = repeatElement(String(entry), count: 20_000).joined(separator: ",")
            return ["heads": .init(#"{"heads":[]}"#), "evidence": .init("{\"evidence\":[\(list)]}")]
        }.limited(\.conflicts, 4).run { node, hostile, _ in
            try await node.expectGossip()
            #expect(node.count("gossip_evidence_total", #"answer="enough",peer="liar""#) == 19_996)
            // The file itself is not there.
            #expect(hostile.asked.count == 2 + 4)
        }
    }

    /// All of it at once, beside a split that the honest ones find in two rounds.
    @Test func aSplitBesideALiar() async throws {
        try await ScriptedServer.run { server, url in
            let views = try VantageTests.views()
            GossipTests.split(server, views)
            try await ScriptedServer.run { hostile, hostileURL in
                let log = views[0]
                var forged = TestLog(firstSeed: 40)
                forged.register("evil")
                try forged.publish()
                let bodies: [ScriptedServer.Answer] = [
                    .init("garbage"), try Self.heads(log, forged.headLines), try Self.heads(log, [log.headLines[0]]),
                    .init(body: [UInt8](repeating: 0x20, count: 9 << 20)), .init("gone", status: 500),
                ]
                let turn = Mutex(0)
                hostile.answer { _ in
                    bodies[
                        turn.withLock { turn in
                            turn += 1
                            return turn % bodies.count
                        }]
                }
                try await GossipNode.three(log, server, url) { nodes in
                    for node in nodes {
                        let peers = [("liar", hostileURL)] + GossipTests.peers(nodes, of: node)
                        try node.start(log, leaves: true, peers: peers)
                        await node.poll()
                    }
                    for _ in 0..<2 { for node in nodes { try await node.expectGossip(failing: ["liar"]) } }
                    try await GossipTests.expectProof(nodes, log)
                }
            }
        }
    }
}
