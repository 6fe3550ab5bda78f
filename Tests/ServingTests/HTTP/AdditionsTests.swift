import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import TransparencyLog

@testable import Serving

struct AdditionsTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    func filled(_ count: Int) async throws -> (LogService, MerkleTree) {
        try await server.fill(count)
        let log = try await server.service()
        let lines = try server.text("users.jsonl").split(separator: "\n")
        let leaves = try lines.map { try Registration(JSONReader.parse(Array($0.utf8))).leafHash }
        return (log, MerkleTree(leaves: leaves))
    }

    static func digests(_ value: JSONValue?) throws -> [Digest] {
        try #require(value?.elements).map { try #require($0.text.flatMap(Digest.init(base64:))) }
    }

    @Test func proofsHoldUnderTheHeadTheyComeWith() async throws {
        let (log, tree) = try await filled(11)
        try await server.test(log) { client in
            for index in [0, 5, 10] {
                let leaf = tree.leaves[index]
                let query = leaf.base64.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let answer = try await client.execute(uri: "/proof/inclusion?leaf=\(query)", method: .get)
                let value = try JSONReader.parse(answer.body.readableBytesView)
                let head = try SignedTreeHead(try #require(value["head"]))
                let proof = InclusionProof(
                    index: try #require(value["index"]?.plainInteger), treeSize: head.treeSize,
                    path: try Self.digests(value["path"]))
                #expect(proof.index == UInt64(index) && proof.verifies(leaf: leaf, root: head.root))
                #expect(try Registration(try #require(value["registration"])).leafHash == leaf)
            }
            for (first, second) in [(1, 11), (6, 8), (8, 8), (11, 11)] {
                let answer = try await client.execute(
                    uri: "/proof/consistency?first=\(first)&second=\(second)", method: .get)
                let path = try Self.digests(JSONReader.parse(answer.body.readableBytesView)["path"])
                let proof = ConsistencyProof(first: UInt64(first), second: UInt64(second), path: path)
                let roots = try [first, second].map { try #require(tree.root(at: UInt64($0))) }
                #expect(proof.verifies(firstRoot: roots[0], secondRoot: roots[1]))
            }
        }
    }

    @Test func theNewestKeyOfAnID() async throws {
        let log = try await server.service()
        for seed in 1...3 as ClosedRange<UInt8> {
            let registration = Registration(
                id: JSONText("zoë +&"), publicKey: [UInt8](repeating: seed, count: 32), timestamp: 1)
            _ = try await log.register(registration)
        }
        try await server.test(log) { client in
            let uri = "/proof/inclusion?id=zo%C3%AB%20%2B%26"
            let newest = try await client.execute(uri: uri, method: .get)
            let value = try JSONReader.parse(newest.body.readableBytesView)
            #expect(value["index"]?.plainInteger == 2)
            // NFD is another id.
            #expect(
                try await client.execute(uri: "/proof/inclusion?id=zoe%CC%88%20%2B%26", method: .get).status
                    == .notFound)
            #expect(try await client.execute(uri: uri + "&tree_size=2", method: .get).status == .notFound)
        }
    }

    @Test(arguments: [
        "/proof/inclusion", "/proof/inclusion?id=a&leaf=b", "/proof/inclusion?leaf=x",
        "/proof/inclusion?id=a&tree_size=99",
        "/proof/inclusion?id=a&tree_size=-1", "/proof/consistency", "/proof/consistency?first=0",
        "/proof/consistency?first=2&second=1", "/proof/consistency?first=1&second=99", "/proof/consistency?first=1e0",
        "/tile/0", "/tile/0/0", "/tile/00/000", "/tile/0/x000/001", "/tile/7/000", "/tile/0/000.p/0",
        "/tile/0/000.p/256",
        "/tile/0/001/002", "/tile/-1/000",
    ])
    func badQuestionsAreToldSo(uri: String) async throws {
        let (log, _) = try await filled(2)
        try await server.test(log) { client in
            let answer = try await client.execute(uri: uri, method: .get)
            #expect(answer.status == .badRequest)
            #expect(String(buffer: answer.body).hasPrefix(#"{"detail":"#))
        }
    }

    @Test func aRegistrationMayBeAnsweredWithItsProof() async throws {
        let (log, _) = try await filled(4)
        try await server.test(log) { client in
            let answer = try await client.execute(
                uri: "/did/register?proof=1", method: .post, body: ServingTests.body("new"))
            let value = try JSONReader.parse(answer.body.readableBytesView)
            let head = try SignedTreeHead(try #require(value["head"]))
            #expect(value["tree_size"]?.plainInteger == 5 && head.treeSize == 5)
            let proof = InclusionProof(index: 4, treeSize: 5, path: try Self.digests(value["path"]))
            let leaf = try #require(value["leaf_hash"]?.text.flatMap(Digest.init(base64:)))
            #expect(proof.verifies(leaf: leaf, root: head.root))
        }
    }

    /// Tiles of 256 hashes: the leaves, and the level above them.
    @Test func tilesAreTheTreesHashes() async throws {
        let (log, tree) = try await filled(600)
        try await server.test(log) { client in
            for (path, hashes) in [
                ("0/000", tree.leaves[..<256]), ("0/001", tree.leaves[256..<512]), ("0/002.p/88", tree.leaves[512...]),
                ("0/002.p/5", tree.leaves[512..<517]),
                ("1/000.p/2", tree.nodes(level: 8, 0..<2) ?? []),
            ] {
                let answer = try await client.execute(uri: "/tile/\(path)", method: .get)
                #expect(answer.status == .ok)
                #expect(Array(buffer: answer.body) == hashes.flatMap(\.bytes))
                #expect(answer.headers[.cacheControl]?.contains("immutable") == true)
            }
            for path in ["0/002", "0/002.p/89", "1/000", "1/000.p/3", "0/x001/000", "2/000.p/1"] {
                #expect(try await client.execute(uri: "/tile/\(path)", method: .get).status == .notFound)
            }
        }
        #expect(TilePath("0/x001/x234/067")?.index == 1_234_067)
    }

    @Test func registrationsAreServedOnlyIfAsked() async throws {
        let (log, _) = try await filled(3)
        let users = Array(try server.text("users.jsonl").utf8)
        try await server.test(log) { client in
            let answer = try await client.execute(uri: "/log/users.jsonl", method: .get)
            #expect(answer.status == .notFound)
        }
        var settings = ServerSettings()
        settings.publishesUsers = true
        try await server.test(log, settings) { client in
            func get(_ range: String?) async throws -> TestResponse {
                try await client.execute(
                    uri: "/log/users.jsonl", method: .get, headers: range.map { [.range: $0] } ?? [:])
            }
            #expect(Array(buffer: try await get(nil).body) == users)
            for (range, expected) in [
                ("bytes=0-9", users[..<10]), ("bytes=100-", users[100...]), ("bytes=-7", users.suffix(7)),
                ("bytes=5-99999999", users[5...]),
            ] {
                let answer = try await get(range)
                #expect(answer.status == .partialContent && Array(buffer: answer.body) == Array(expected))
                #expect(answer.headers[.contentRange]?.hasSuffix("/\(users.count)") == true)
            }
            #expect(try await get("bytes=\(users.count)-").status == .rangeNotSatisfiable)
            for ignored in ["lines=0-1", "bytes=5-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=-"] {
                #expect(try await get(ignored).status == .ok)
            }
        }
    }

    @Test func thePagesOfALongChain() async throws {
        let (log, _) = try await filled(1_201)
        let lines = try server.text("sth.jsonl").split(separator: "\n")
        try await server.test(log) { client in
            for limit in [1, 500, 501, 1_201, 5_000] {
                let answer = try await client.execute(uri: "/sth/chain?limit=\(limit)", method: .get)
                let expected = lines.suffix(limit).reversed().joined(separator: ",")
                #expect(String(buffer: answer.body) == "[\(expected)]")
            }
        }
        let empty = try TestServer()
        try await empty.test(empty.service()) { client in
            let answer = try await client.execute(uri: "/sth/chain", method: .get)
            #expect(String(buffer: answer.body) == "[]")
        }
    }
}
