import Foundation
import HostileLog
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// Three watchers on separate addresses, real HTTP and databases, and a log that shows each address what it likes.
struct GossipTests {
    /// The log shows its second history to one address alone.
    static func split(_ server: ScriptedServer, _ views: [TestLog], other: String = "127.0.0.3") {
        let scripts = views.map { $0.script() }
        server.answer { scripts[$0.client == other ? 1 : 0]($0) }
    }

    static func peers(_ nodes: [GossipNode], of node: GossipNode, besides: [(String, String)] = []) -> [(
        String, String
    )] {
        nodes.filter { $0 !== node }.map { ($0.name, $0.url) } + besides
    }

    private static let forks: Set<Rule> = [.sameSizeDifferentRoot, .branch, .inconsistent, .splitView]

    /// All files of all nodes are proved, and nothing but the fork was found.
    ///
    /// - Parameter inFiles: whether each node has found all by itself, or was told before it had; else one proof in a file
    ///   is enough, and the others are passed on to peers alone.
    static func expectProof(_ nodes: [GossipNode], _ log: TestLog, inFiles: Bool = true) async throws {
        let checker = EvidenceChecker(trust: try log.trust())
        let held = try await nodes[0].conflicts(log)
        #expect(!held.isEmpty)
        for node in nodes {
            #expect(try await node.conflicts(log) == held, "\(node.name)")
            let rules = try await node.rules(log)
            #expect(!rules.isEmpty && rules.isSubset(of: forks), "\(node.name): \(rules)")
            let files = try node.harness.evidence()
            let proved = Set(files.compactMap { checker.conflict($0)?.id })
            #expect(inFiles ? proved == held : proved.isSubset(of: held) && !files.isEmpty)
            #expect(files.allSatisfy { checker.conflict($0)?.equivocating.isEmpty == false })
            #expect(node.harness.samples("nexo_watch_fork_detected") == [1])
        }
    }

    @Test(arguments: [true, false])
    func aSplitIsKnownToAllInTwoRounds(leaves: Bool) async throws {
        let views = try VantageTests.views()
        try await GossipNode.split(views, leaves: leaves) { nodes in
            for _ in 0..<2 { for node in nodes { #expect(try await node.gossip() == []) } }
            try await Self.expectProof(nodes, views[0])
            // Once told, it is told no more.
            let files = try nodes.map { try $0.harness.evidence().count }
            for _ in 0..<2 { for node in nodes { try await node.gossip() } }
            #expect(try nodes.map { try $0.harness.evidence().count } == files)
        }
    }

    /// One side has grown beyond the other one when they meet.
    @Test(arguments: [true, false])
    func sidesOfAnotherLength(leaves: Bool) async throws {
        let views = [try VantageTests.views(behind: 5)[0], try VantageTests.views(behind: 2)[1]]
        try await GossipNode.split(views, leaves: leaves) { nodes in
            for _ in 0..<2 { for node in nodes { try await node.gossip() } }
            try await Self.expectProof(nodes, views[0])
        }
    }

    /// The one who was shown the other history is killed as soon as one peer has asked it; it finds the rest when it is back.
    @Test func aKilledWatcher() async throws {
        let views = try VantageTests.views()
        try await GossipNode.split(views, leaves: true) { nodes in
            try await nodes[0].gossip()
            nodes[1].kill()
            #expect(try await nodes[2].gossip() == ["b"])
            try await Self.expectProof([nodes[0], nodes[2]], views[0])
            try nodes[1].start(views[0], leaves: true, peers: Self.peers(nodes, of: nodes[1]))
            try await nodes[1].gossip()
            try await Self.expectProof(nodes, views[0])
        }
    }

    @Test func partitionAndHeal() async throws {
        let views = try VantageTests.views()
        try await GossipNode.split(views, leaves: true) { nodes in
            nodes[1].setReachable(false)
            for _ in 0..<2 { for node in [nodes[0], nodes[2]] { #expect(try await node.gossip() == ["b"]) } }
            for node in nodes { #expect(try await node.rules(views[0]).isEmpty) }
            nodes[1].setReachable(true)
            for _ in 0..<2 { for node in nodes { #expect(try await node.gossip() == []) } }
            try await Self.expectProof(nodes, views[0])
        }
    }

    /// Watchers that are ahead of each other raise no alarm, and what was heard is settled when the log has come so far.
    @Test(arguments: [true, false])
    func aheadIsNoSplit(leaves: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(8)
            let (short, long) = (log.prefix(4).script(), log.script())
            server.answer { $0.client == "127.0.0.3" ? long($0) : short($0) }
            try await GossipNode.three(log, server, url) { nodes in
                try await GossipNode.start(nodes, log, leaves: leaves)
                for _ in 0..<2 { for node in nodes { #expect(try await node.gossip() == []) } }
                #expect(try await nodes[0].heard(log) == 1)
                #expect(nodes[0].count("gossip_heads_total", #"answer="newer",peer="b""#) >= 1)
                server.answer(long)
                for node in nodes {
                    #expect(await node.poll().first?.verifiedSize == 8)
                    try await node.gossip()
                    #expect(try await node.heard(log) == 0)
                    #expect(try await node.rules(log).isEmpty)
                }
            }
        }
    }

    /// Two others were shown two histories beyond what this watcher has seen.
    @Test func aWatcherInTheMiddleSeesBothSides() async throws {
        try await ScriptedServer.run { server, url in
            let views = try VantageTests.views(behind: 3)
            let scripts = views.map { $0.script() } + [views[0].prefix(4).script()]
            let places = ["127.0.0.2": 0, "127.0.0.3": 1, "127.0.0.4": 2]
            server.answer { scripts[places[$0.client ?? ""] ?? 0]($0) }
            try await GossipNode.three(views[0], server, url) { nodes in
                for node in nodes {
                    let others = node === nodes[2] ? Self.peers(nodes, of: node) : []
                    try node.start(views[0], leaves: true, peers: others)
                    await node.poll()
                }
                try await nodes[2].gossip()
                let held = try await nodes[2].conflicts(views[0])
                #expect(held.count == 1)
                // Both go on waiting, and are told once.
                let files = try nodes[2].harness.evidence().count
                for _ in 0..<3 { try await nodes[2].gossip() }
                #expect(try nodes[2].harness.evidence().count == files)
                #expect(try await nodes[2].heard(views[0]) == 2)
                // The log then shows it one of the two, which it follows.
                server.answer(scripts[0])
                #expect(await nodes[2].poll().first?.verifiedSize == 7)
                #expect(try await nodes[2].rules(views[0]).isSubset(of: Self.forks))
            }
        }
    }

    /// Without leaves, a head between those that are known waits, until the log proves that it belongs there.
    @Test func theLogProvesAPrefix() async throws {
        let log = try TestLog.honest(8)
        // This watcher saw the log begin at size 5; the other one knows size 3.
        let late = #"[\#(log.headLines[4...].reversed().joined(separator: ","))]"#
        let tree = MerkleTree(leaves: log.registrations.map(\.leafHash))
        let path = try #require(tree.consistencyProof(first: 3, second: 8)).path.map { "\"\($0.base64)\"" }
        let isProving = Shared(false)
        let script: ScriptedServer.Script = { question in
            switch question.path {
            case "/proof/consistency" where isProving.value:
                .init(#"{"first":3,"second":8,"path":[\#(path.joined(separator: ","))]}"#)
            case "/sth/chain": .init(late)
            default: .init("no", status: 404)
            }
        }
        try await GossipNode.alone(log, script, leaves: false) { node, desk, watcher in
            let raw = Array(log.headLines[2].utf8)
            let answer = try await watcher.compare(raw, from: "peer:b", desk.store, desk.limits)
            #expect(answer == .unsettled)
            try await desk.settleHeard(watcher, desk.limits)
            #expect(try await node.heard(log) == 1)
            isProving.value = true
            try await desk.settleHeard(watcher, desk.limits)
            #expect(try await node.heard(log) == 0)
        }
    }

    /// A round costs two requests a peer, one more for each log where the peer is ahead, and one for each new file; with
    /// nothing new it costs two. Nobody is told anything unasked.
    @Test func requestsAreCounted() async throws {
        try await GossipNode.behind { ahead in
            let (node, peer) = (ahead.node, ahead.peer)
            for _ in 0..<3 { try await node.expectGossip() }
            #expect(peer.asked.count == 9)
            ahead.server.answer(ahead.log.script())
            await node.poll()
            for _ in 0..<3 { try await node.expectGossip() }
            #expect(peer.asked.count == 15)
        }
    }

    /// Each series is of a declared family, under its labels, and there from the start.
    @Test func metricsAreDeclared() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(2)
            server.answer(log.script())
            let node = try GossipNode("a", address: "127.0.0.2", log: url)
            let key = try #require(Ed25519.PrivateKey.random())
            let signing = try #require(CosignerSigningKey(name: "watch.example/a", key: key))
            let file = try node.harness.folder.write(Array(signing.secretText.utf8), to: "key")
            try node.start(log, leaves: true, peers: [("p", url)]) { $0.keyFile = file }
            await node.poll()
            try await node.watcher?.gossipService?.vouch()
            let page = node.harness.registry.render()
            for family in GossipMetrics.families {
                let line = try #require(
                    page.split(separator: "\n").first {
                        $0.hasPrefix("\(family.name){") || $0.hasPrefix("\(family.name) ")
                    }, "\(family.name)")
                let labels = Set(line.matches(of: /([a-z_]+)="/).map { String($0.1) })
                #expect(labels == Set(family.labels), "\(line)")
            }
            #expect(page.contains("nexo_watch_vouched_tree_size{log=\"log\"} 2\n"))
            #expect(page.contains("nexo_watch_vouching_refused{log=\"log\"} 0\n"))
            // What was signed is not known any more: somebody has to be woken for that, too.
            try FileManager.default.removeItem(
                atPath: SigningRecord(store: node.harness.store, key: signing.publicKey).path)
            await #expect(throws: SigningRecord.Lost.self) { try await node.watcher?.gossipService?.vouch() }
            #expect(node.harness.registry.render().contains("nexo_watch_vouching_refused{log=\"log\"} 1\n"))
            node.kill()
        }
    }

    /// A reload resets no series that goes on, and leaves none of what is gone.
    @Test func seriesOverReload() throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let configuration = try harness.configuration([("x", TestLog().trust(), "")])
        let log = try #require(try configuration.watchedLogs().first)
        let metrics = WatchMetrics(registry: harness.registry)
        let series = GossipMetrics(metrics)
        func page() -> String { harness.registry.render() }
        series.prepare(["p", "q"], [log], vouches: true, knownPeers: [], knownLogs: [])
        series.succeeded("p", at: 7)
        series.show(log, .refused(signed: 1))
        let full = page()
        var gossip = WatchConfiguration.Gossip()
        gossip.peers = ["p", "q"].map { .init(name: $0, url: "http://127.0.0.1:1") }
        gossip.keyFile = "key"
        metrics.keep(logs: [log], sinks: [], gossip: gossip)
        series.prepare(["p", "q"], [log], vouches: true, knownPeers: ["p", "q"], knownLogs: [log.name])
        #expect(page() == full)
        gossip.peers.removeLast()
        gossip.keyFile = nil
        metrics.keep(logs: [log], sinks: [], gossip: gossip)
        let less = page()
        #expect(full.contains("peer=\"q\"") && full.contains("nexo_watch_vouching_refused{log=\"x\"} 1\n"))
        #expect(!less.contains("peer=\"q\"") && !less.contains("nexo_watch_vouching_refused{"))
        #expect(less.contains("nexo_watch_gossip_last_success_timestamp_seconds{peer=\"p\"} 7\n"))
        metrics.keep(logs: [log], sinks: [])
        #expect(!page().contains("nexo_watch_gossip_rounds_total{"))
    }
}
