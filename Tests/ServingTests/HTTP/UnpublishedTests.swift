import Auditing
import Foundation
import HTTPTypes
import HostileLog
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import TransparencyLog

@testable import Serving

/// Nothing is shown that the newest head does not cover, and nothing that it covers is hidden by what comes behind it.
struct UnpublishedTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    private static func registration(_ id: String, key: UInt8) -> Registration {
        Registration(id: JSONText(id), publicKey: [UInt8](repeating: key, count: 32), timestamp: 1)
    }

    /// - Returns: the status of the answer.
    private static func register(_ client: any TestClientProtocol, _ id: String, key: UInt8) async throws -> Int {
        let publicKey = Base64.encode(registration(id, key: key).publicKey)
        let body = #"{"id":"\#(id)","public_key":"\#(publicKey)","timestamp":1}"#
        return try await client.execute(uri: "/did/register", method: .post, body: ByteBuffer(string: body)).status.code
    }

    /// Where a proof says that a registration stands; nil if it is not shown.
    private static func place(_ client: any TestClientProtocol, _ query: String) async throws -> UInt64? {
        let answer = try await client.execute(uri: "/proof/inclusion?\(query)", method: .get)
        guard answer.status == .ok else { return nil }
        let value = try JSONReader.parse(answer.body.readableBytesView)
        let registration = try Registration(try #require(value["registration"]))
        let head = try SignedTreeHead(try #require(value["head"]))
        let index = try #require(value["index"]?.plainInteger)
        let proof = InclusionProof(
            index: index, treeSize: head.treeSize, path: try AdditionsTests.digests(value["path"]))
        #expect(proof.verifies(leaf: registration.leafHash, root: head.root))
        return index
    }

    private static func leaf(_ id: String, key: UInt8) -> String {
        let leaf = registration(id, key: key).leafHash.base64
        return "leaf=\(leaf.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }

    @Test func whatNoHeadCoversHidesNothing() async throws {
        let cosigning = StorageTests.Moody(keys: try server.keys())
        let log = try await server.service(cosigning: cosigning)
        try await server.test(log) { client async throws -> Void in
            let (old, new) = (Self.leaf("x", key: 1), Self.leaf("x", key: 2))
            #expect(try await Self.register(client, "x", key: 1) == 201)
            cosigning.signers.withLock { $0 = 1 }
            #expect(try await Self.register(client, "x", key: 2) == 500)
            #expect(try await Self.register(client, "x", key: 1) == 500)
            #expect(try await Self.place(client, "id=x") == 0)
            #expect(try await Self.place(client, old) == 0)
            #expect(try await Self.place(client, new) == nil)
            // The next head covers all that is stored: of the id the newest, of a leaf the first.
            cosigning.signers.withLock { $0 = 2 }
            #expect(try await Self.register(client, "y", key: 3) == 201)
            #expect(try await Self.place(client, "id=x") == 2)
            #expect(try await Self.place(client, old) == 0)
            #expect(try await Self.place(client, new) == 1)
            #expect(try await Self.place(client, "id=y") == 3)
        }
        await log.close()
        // A start reads the same from the file.
        let index = try RegistrationReader(path: server.path("users.jsonl")).index
        #expect(index.newest(of: JSONText("x")) == 2)
        #expect(index.place(of: Self.registration("x", key: 1).leafHash) == 0)
    }

    /// A restart while cosigners are away: what is published is served, and what is not hides nothing, until they are back.
    @Test(.timeLimit(.minutes(1))) func aStartWithoutAQuorum() async throws {
        let cosigning = StorageTests.Moody(keys: try server.keys())
        do {
            let first = try await server.service(cosigning: cosigning)
            try await server.test(first) { client async throws -> Void in
                #expect(try await Self.register(client, "x", key: 1) == 201)
                cosigning.signers.withLock { $0 = 1 }
                #expect(try await Self.register(client, "x", key: 2) == 500)
                #expect(try await Self.register(client, "x", key: 1) == 500)
            }
            await first.close()
        }
        var retries = LogService.Retries()
        (retries.first, retries.most) = (.milliseconds(1), .milliseconds(8))
        let log = try await LogService(server.open(), cosigning: cosigning, retries: retries) { 1_700_000_000 }
        let (old, new) = (Self.leaf("x", key: 1), Self.leaf("x", key: 2))
        try await server.test(log) { client async throws -> Void in
            #expect(try await Self.place(client, "id=x") == 0)
            #expect(try await Self.place(client, new) == nil)
            cosigning.signers.withLock { $0 = 2 }
            #expect(await eventually { await log.headsCount == 2 })
            #expect(try await Self.place(client, "id=x") == 2)
            #expect(try await Self.place(client, old) == 0)
            #expect(try await Self.place(client, new) == 1)
        }
        await log.close()
        #expect(try await server.audit().verdict == .clean)
    }

    /// Each is proved at its own place.
    @Test func oneLeafTwiceInABatch() async throws {
        let (opened, opening) = AsyncStream.makeStream(of: Void.self)
        let log = try await server.service(cosigning: Gated(keys: try server.keys(), opened: opened))
        try await server.test(log) { client in
            @Sendable func register(_ id: String) async throws -> TestResponse {
                try await client.execute(uri: "/did/register?proof=1", method: .post, body: ServingTests.body(id))
            }
            async let first = register("first")
            #expect(await eventually { await log.usersCount == 1 })
            async let one = register("same")
            async let other = register("same")
            // Both wait while the first is signed, so they are written together.
            let both = "nexo_server_registrations_waiting 2\n"
            #expect(
                try await eventually {
                    String(buffer: try await client.execute(uri: "/metrics", method: .get).body).contains(both)
                })
            opening.finish()
            let answers = try await [one, other]
            let before = try await first
            #expect(before.status == .created)
            var places: Set<UInt64> = []
            for answer in answers {
                let value = try JSONReader.parse(answer.body.readableBytesView)
                let head = try SignedTreeHead(try #require(value["head"]))
                let index = try #require(value["index"]?.plainInteger)
                #expect(answer.status == .created && head.treeSize == index + 1)
                let proof = InclusionProof(
                    index: index, treeSize: head.treeSize, path: try AdditionsTests.digests(value["path"]))
                #expect(proof.verifies(leaf: TestServer.registration("same").leafHash, root: head.root))
                places.insert(index)
            }
            #expect(places == [1, 2])
        }
    }

    /// Signs nothing before it is opened.
    private struct Gated: Cosigning {
        let keys: CosignerKeys
        let opened: AsyncStream<Void>

        func cosign(_ heads: [HeadToSign], history: any TreeHistory) async -> [[Cosignature]] {
            for await _ in opened {}
            return await keys.cosign(heads, history: history)
        }
    }
}
