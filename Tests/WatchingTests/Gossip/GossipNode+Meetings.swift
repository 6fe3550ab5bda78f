import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// How watchers meet in tests.
extension GossipNode {
    /// One watcher in front of a log, after its first poll, with its desk.
    static func alone(
        _ log: TestLog, _ script: @escaping ScriptedServer.Script, leaves: Bool = true,
        limits: GossipLimits = GossipLimits(),
        _ body: @Sendable @escaping (GossipNode, GossipDesk, LogWatcher) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            server.answer(script)
            let node = try GossipNode("a", address: "127.0.0.2", log: url)
            try node.start(log, leaves: leaves, peers: []) { $0.limits = limits }
            await node.poll()
            let desk = try #require(node.watcher?.gossipService).desk
            try await body(node, desk, try #require(desk.logs.values.first))
            node.kill()
        }
    }

    /// What one watcher has around it that was shown four heads, beside a peer `p` that was shown all six.
    struct Ahead: Sendable {
        let log: TestLog
        let node: GossipNode
        let server: ScriptedServer
        let peer: ScriptedServer
    }

    /// One watcher beside a peer that is ahead of it, after its first poll.
    static func behind(
        limits: GossipLimits = GossipLimits(), _ body: @Sendable @escaping (Ahead) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            server.answer(log.prefix(4).script())
            try await ScriptedServer.run { peer, peerURL in
                let entry = #"{"log_id":"\#(try log.trust().logID)","name":"x","head":\#(log.headLines[5])}"#
                peer.answer { question in
                    switch question.path {
                    case "/gossip/v1/heads": .init(#"{"heads":[\#(entry)]}"#)
                    case "/gossip/v1/evidence": .init(#"{"evidence":[]}"#)
                    default: .init(log.headLines[3])
                    }
                }
                let node = try GossipNode("a", address: "127.0.0.2", log: url)
                try node.start(log, leaves: true, peers: [("p", peerURL)]) { $0.limits = limits }
                await node.poll()
                try await body(Ahead(log: log, node: node, server: server, peer: peer))
                node.kill()
            }
        }
    }

    /// Three watchers, one of which is shown the second history; each has polled, and sees nothing wrong.
    static func split(
        _ views: [TestLog], leaves: Bool, _ body: @Sendable @escaping ([GossipNode]) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            GossipTests.split(server, views)
            try await three(views[0], server, url) { nodes in
                for report in try await start(nodes, views[0], leaves: leaves) {
                    #expect(report.exitCode == 0, "\(report.findings)")
                }
                try await body(nodes)
            }
        }
    }

    /// Starts watchers as each other's peers, and has each poll.
    @discardableResult
    static func start(_ nodes: [GossipNode], _ log: TestLog, leaves: Bool) async throws -> [LogReport] {
        var reports: [LogReport] = []
        for node in nodes {
            try node.start(log, leaves: leaves, peers: GossipTests.peers(nodes, of: node))
            reports += await node.poll()
        }
        return reports
    }
}
