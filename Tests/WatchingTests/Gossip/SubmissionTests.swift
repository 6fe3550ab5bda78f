import Foundation
import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import NIOCore
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// Heads that anybody submits, through the router as it is served.
struct SubmissionTests {
    private static func serve(
        _ limits: GossipLimits = .init(),
        _ body: @Sendable @escaping (any TestClientProtocol, GossipNode, [TestLog]) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server, url in
            let views = try VantageTests.views(behind: 4)
            server.answer(views[0].prefix(6).script())
            let node = try GossipNode("a", address: "127.0.0.1", log: url)
            try node.start(views[0], leaves: true, peers: []) { $0.limits = limits }
            await node.poll()
            let configuration = try node.configuration(views[0], leaves: true)
            let reader = StatusReader(
                logs: try configuration.watchedLogs(), store: try SQLiteStatus(path: configuration.store), now: { 0 })
            let source = StatusServer.Source(
                registry: node.harness.registry, readiness: Readiness(), reader: { reader },
                gossip: { node.watcher?.gossip })
            let access = try StatusAccess(configuration)
            let router = StatusServer.router(source, { access }, TimeLimit(limit: .seconds(120)))
            try await Application(router: router).test(.router) { try await body($0, node, views) }
            node.kill()
        }
    }

    private static func post(
        _ client: any TestClientProtocol, _ body: String
    ) async throws -> (status: HTTPResponse.Status, json: JSONValue) {
        let response = try await client.execute(
            uri: "/gossip/v1/heads", method: .post, body: ByteBuffer(string: body))
        return (response.status, (try? JSONReader.parse(response.body.readableBytesView)) ?? .null)
    }

    private static func body(_ log: TestLog, _ heads: [String]) throws -> String {
        #"{"log_id":"\#(try log.trust().logID)","heads":[\#(heads.joined(separator: ","))]}"#
    }

    private static func answers(_ json: JSONValue) -> [String] {
        (json["results"]?.elements ?? []).map { $0["answer"]?.text?.description ?? "" }
    }

    @Test func everyAnswer() async throws {
        try await Self.serve { client, node, views in
            let own = views[0].headLines
            let (status, json) = try await Self.post(
                client, try Self.body(views[0], [own[5], own[2], own[7], "{}", views[1].headLines[4]]))
            #expect(status == .ok)
            #expect(Self.answers(json) == ["same", "older", "newer", "rejected", "conflict"])
            #expect(json["newest"]?["tree_size"]?.plainInteger == 6)
            // The evidence is served, and proves the submitter's case.
            let name = try #require(json["evidence"]?.elements?.first?.text?.description)
            let file = try await client.get("/gossip/v1/evidence/\(name)")
            let evidence = try Evidence(json: Array(buffer: file.body))
            let conflict = try #require(EvidenceChecker(trust: try views[0].trust()).conflict(evidence))
            #expect(
                conflict.kind == .sameSizeDifferentRoot
                    && evidence.heads.last?.observed.first?.from.hasSuffix("via submission") == true)
            #expect(try await node.rules(views[0]).isSuperset(of: [.sameSizeDifferentRoot, .splitView]))
            // The same again changes nothing.
            let before = try node.harness.evidence().count
            let (_, again) = try await Self.post(client, try Self.body(views[0], [views[1].headLines[4], own[7]]))
            #expect(Self.answers(again) == ["conflict", "newer"])
            #expect(try node.harness.evidence().count == before)
            #expect(try await node.heard(views[0]) == 1)
        }
    }

    @Test func badSubmissions() async throws {
        var limits = GossipLimits()
        limits.submissionBytes = 10_000
        try await Self.serve(limits) { client, _, views in
            let head = views[0].headLines[0]
            let many = try Self.body(views[0], Array(repeating: head, count: 17))
            for body in ["", "[]", "{}", #"{"log_id":"x"}"#, try Self.body(views[0], []), many] {
                #expect(try await Self.post(client, body).status == .badRequest, "\(body.prefix(40))")
            }
            #expect(try await Self.post(client, #"{"log_id":"x","heads":[\#(head)]}"#).status == .notFound)
            let long = #"{"log_id":"\#(String(repeating: "x", count: 11_000))"}"#
            #expect(try await Self.post(client, long).status == .contentTooLarge)
            // Elsewhere nothing is taken in.
            let response = try await client.execute(
                uri: "/gossip/v1/evidence", method: .post, body: ByteBuffer(string: "{}"))
            #expect(response.status == .methodNotAllowed)
        }
    }

    @Test func tooMany() async throws {
        var limits = GossipLimits()
        limits.submissionsPerMinute = 3
        try await Self.serve(limits) { client, _, views in
            let body = try Self.body(views[0], [views[0].headLines[0]])
            for _ in 0..<3 { #expect(try await Self.post(client, body).status == .ok) }
            let response = try await client.execute(
                uri: "/gossip/v1/heads", method: .post, body: ByteBuffer(string: body))
            #expect(response.status == .tooManyRequests && response.headers[.retryAfter] == "60")
        }
    }

    /// From however many addresses, so many heads are judged in a minute.
    @Test func allTogetherAreBounded() async throws {
        var limits = GossipLimits()
        limits.headsPerMinute = 4
        let limiter = SubmissionLimiter(limits)
        let now = ContinuousClock.now
        #expect(limiter.allows("192.0.2.1", at: now) && limiter.allows(more: 2, at: now))
        #expect(!limiter.allows(more: 2, at: now))
        #expect(limiter.allows("192.0.2.2", at: now) && !limiter.allows("192.0.2.3", at: now))
        #expect(limiter.allows("192.0.2.3", at: now + .seconds(61)))
        try await Self.serve(limits) { client, node, views in
            let body = try Self.body(views[0], Array(repeating: views[0].headLines[0], count: 3))
            #expect(try await Self.post(client, body).status == .ok)
            let response = try await client.execute(
                uri: "/gossip/v1/heads", method: .post, body: ByteBuffer(string: body))
            #expect(response.status == .tooManyRequests && response.headers[.retryAfter] == "60")
            #expect(node.harness.registry.render().contains("nexo_watch_gossip_submissions_refused_total 1\n"))
        }
    }

    /// One submitter is one, however the address is written.
    @Test(arguments: [
        (["192.0.2.1", "192.0.2.1:4711", " 192.0.2.1", "::ffff:192.0.2.1", "0:0:0:0:0:FFFF:c000:201"], true),
        (["2001:db8:1:2::1", "2001:0DB8:1:2:3:4:5:6", "[2001:db8:1:2::9]:443", "2001:db8:1:2::1%eth0"], true),
        (["a::1", "a:0:0:0:1::", "a::ffff"], true), (["unknown", "", "_hidden", "1.2.3", ":::"], true),
        (["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1", "x"], false),
    ])
    func howAnAddressIsWritten(addresses: [String], areOne: Bool) {
        #expect(Set(addresses.map(SubmitterAddress.init)).count == (areOne ? 1 : addresses.count))
    }

    @Test func addressesAreBounded() {
        var limits = GossipLimits()
        limits.submissionsPerMinute = 2
        limits.submitters = 3
        let limiter = SubmissionLimiter(limits)
        let now = ContinuousClock.now
        #expect(
            ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::"].map { limiter.allows($0, at: now) } == [
                true, true, false,
            ])
        #expect(limiter.allows("192.0.2.1", at: now) && limiter.allows("192.0.2.2", at: now))
        #expect(!limiter.allows("192.0.2.3", at: now))
        #expect(limiter.allows("192.0.2.3", at: now + .seconds(61)))
        #expect(limiter.allows("2001:db8:1:2::1", at: now + .seconds(61)))
    }

    @Test func aPageOfAnotherHostMaySubmit() async throws {
        try await Self.serve { client, _, _ in
            let preflight = try await client.execute(uri: "/gossip/v1/heads", method: .options)
            #expect(preflight.status == .noContent && preflight.headers[.accessControlAllowOrigin] == "*")
            #expect(try await client.get("/api/v1/logs", [:]).headers[.accessControlAllowOrigin] == nil)
        }
    }

    /// The description, held to the answers.
    @Test func answersAreDescribed() async throws {
        try await Self.serve { client, _, views in
            let description = try OpenAPIDescription(OpenAPIDocument.text)
            _ = try await Self.post(client, try Self.body(views[0], [views[1].headLines[4]]))
            let log = try views[0].trust().logID
            for (path, uri) in [
                ("/gossip/v1/heads", "/gossip/v1/heads"), ("/gossip/v1/evidence", "/gossip/v1/evidence"),
                ("/gossip/v1/logs/{log_id}/heads/{tree_size}", "/gossip/v1/logs/\(log)/heads/5"),
            ] {
                #expect(description.problems(of: try await client.json(uri), path: path) == [], "\(path)")
            }
            #expect(try await client.json("/gossip/v1/logs/\(log)/heads/100")["tree_size"]?.plainInteger == 6)
            for uri in ["logs/x/heads/5", "logs/\(log)/heads/0", "logs/\(log)/checkpoint", "evidence/00", "nothing"] {
                #expect(try await client.get("/gossip/v1/\(uri)").status == .notFound, "\(uri)")
            }
            #expect(try await client.get("/gossip/v1/logs/\(log)/heads/x").status == .badRequest)
        }
    }
}
