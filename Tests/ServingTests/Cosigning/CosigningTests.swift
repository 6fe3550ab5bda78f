import Auditing
import Foundation
import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceLifecycle
import Testing
import TransparencyLog

@testable import Serving

/// Three parties, three keys: none of them alone can make the log lie.
struct CosigningTests {
    static let token = "a token of sixteen"
    let server: TestServer

    init() throws { server = try TestServer() }

    static func seed(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }
    static func key(_ number: UInt8) throws -> Ed25519.PrivateKey {
        try #require(Ed25519.PrivateKey(seed: seed(number)))
    }

    func memory(_ name: String = "cosigned.jsonl") throws -> CosignerMemory {
        try CosignerMemory(path: server.path(name), seed: Self.seed(9), dialect: .jcs)
    }

    static func head(_ size: UInt64, _ root: UInt8) throws -> SignedTreeHead {
        let root = Digest.sha256([root]).base64
        let text = #"{"tree_size":\#(size),"root":"\#(root)","prev_hash":"","timestamp":1}"#
        return try SignedTreeHead(JSONReader.parse(Array(text.utf8)))
    }

    /// C18 cannot happen to this cosigner, not even after a restart.
    @Test func aSecondRootForOneSizeIsNotSigned() async throws {
        do {
            let memory = try memory()
            let signatures = try await memory.sign([Self.head(1, 1), Self.head(3, 3)])
            #expect(signatures.count == 2)
            let hash = try Self.head(3, 3).hash(.jcs).bytes
            #expect(Ed25519.verifies(signature: signatures[1], message: hash, publicKey: memory.publicKey))
            await #expect(throws: CosignerMemory.Refusal.self) { try await memory.sign([Self.head(3, 4)]) }
            // All or none: the good head before the bad one is not remembered either.
            await #expect(throws: CosignerMemory.Refusal.self) {
                try await memory.sign([Self.head(4, 4), Self.head(4, 5)])
            }
            await #expect(throws: CosignerMemory.Refusal.self) { try await memory.sign([Self.head(2, 2)]) }
        }
        // A line cut in half was followed by no signature.
        let kept = try server.text("cosigned.jsonl")
        _ = try server.folder.write(kept + #"{"tree_size":9,"ro"#, to: "cosigned.jsonl")
        let again = try memory()
        await #expect(throws: CosignerMemory.Refusal.self) { try await again.sign([Self.head(3, 4)]) }
        _ = try await again.sign([Self.head(3, 3), Self.head(4, 5)])
    }

    @Test func anUnreadableMemoryStopsTheCosigner() throws {
        _ = try server.folder.write("{}\n", to: "cosigned.jsonl")
        #expect(throws: (any Error).self) { try memory() }
    }

    @Test(arguments: [
        (#"{"heads":[]}"#, "Bearer \(token)", 400), ("x", "Bearer \(token)", 400),
        (#"{"heads":[{"tree_size":1}]}"#, "Bearer \(token)", 400), (#"{"heads":[]}"#, "Bearer wrong", 401),
        (#"{"heads":[]}"#, token, 401),
    ])
    func badQuestionsAreToldSo(body: String, authorization: String, status: Int) async throws {
        let routes = try CosignerRoutes(memory(), token: Self.token, logger: TestServer.silent)
        try await Application(router: routes.router(), logger: TestServer.silent).test(.router) { client in
            let answer = try await client.execute(
                uri: "/cosign", method: .post, headers: [.authorization: authorization],
                body: ByteBuffer(string: body))
            #expect(answer.status.code == status)
        }
        #expect(throws: ConfigurationError.self) {
            try CosignerRoutes(memory("other.jsonl"), token: "short", logger: TestServer.silent)
        }
    }

    /// Two keys here, one over HTTP: its signatures are in the chain while it answers, and the quorum stands without it.
    @Test func aRemoteCosignerSignsTheServersHeads() async throws {
        let memory = try memory()
        let server = server
        func signers(_ receipt: LogService.Receipt) throws -> [String?] {
            try SignedTreeHead(JSONReader.parse(receipt.head)).signatures.map(\.cosigner)
        }
        let (log, first) = try await Self.serving(memory) { url in
            let remote = try RemoteCosigner(
                name: "COSIGNER_2", url: url, publicKey: Base64.encode(memory.publicKey), token: Self.token,
                patience: .seconds(100))
            var keys = CosignerKeys(members: [.local(try Self.key(1)), .local(try Self.key(2)), .remote(remote)])
            keys.grace = .seconds(100)
            let log = try await LogService(LogFolder.open(server.folder.url, keys: keys), cosigning: keys) {
                1_700_000_000
            }
            return (log, try await log.register(TestServer.registration("a")))
        }
        #expect(try signers(first) == ["cosigner_0", "cosigner_1", "cosigner_2"])
        let second = try await log.register(TestServer.registration("b"))
        #expect(try signers(second) == ["cosigner_0", "cosigner_1"])
        await log.close()
        let report = try await server.audit()
        #expect(report.verdict == .clean && report.signaturesChecked == 5)
    }

    /// A signature from outside of its key's window would be a finding at every watcher.
    @Test func aRemoteCosignerIsAskedInItsWindowAlone() async throws {
        let memory = try memory()
        let keys = try (1...2 as ClosedRange<UInt8>).map { try Self.key($0) }
        let trust = try TrustFile(
            name: "test", canonical: .jcs, policy: .init(t: 2, n: 3),
            cosigners: [
                .init(id: "cosigner_0", publicKey: keys[0].publicKey),
                .init(id: "cosigner_1", publicKey: keys[1].publicKey),
                .init(id: "cosigner_2", publicKey: memory.publicKey, fromTreeSize: 2, untilTreeSize: 2),
            ])
        let heads = try (1...3 as ClosedRange<UInt64>).map { size in
            let head = try Self.head(size, UInt8(size))
            return HeadToSign(treeSize: size, root: head.root, value: head.value, hash: try head.hash(.jcs))
        }
        try await Self.serving(memory) { url in
            let remote = try RemoteCosigner(
                name: "COSIGNER_2", url: url, publicKey: Base64.encode(memory.publicKey), token: Self.token,
                patience: .seconds(100))
            var cosigners = CosignerKeys(members: [.local(keys[0]), .local(keys[1]), .remote(remote)]).under(trust)
            cosigners.grace = .seconds(100)
            let signers = await cosigners.cosign(heads).map { $0.map(\.cosigner) }
            let two = ["cosigner_0", "cosigner_1"]
            #expect(signers == [two, two + ["cosigner_2"], two])
            #expect(await cosigners.cosign([heads[2]]).map(\.count) == [2])
        }
        // What it was shown, it signed and noted.
        let noted = try server.text("cosigned.jsonl").split(separator: "\n")
        #expect(noted.count == 1 && noted.first?.hasPrefix(#"{"tree_size":2,"#) == true)
    }

    /// A cosigner at another party while `body` runs, whose argument is its URL.
    private static func serving<Value: Sendable>(
        _ memory: CosignerMemory, _ body: @Sendable (String) async throws -> Value
    ) async throws -> Value {
        let routes = try CosignerRoutes(memory, token: token, logger: TestServer.silent)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: routes.router(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: TestServer.silent)
        let group = ServiceGroup(configuration: .init(services: [application], logger: TestServer.silent))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            let result: Result<Value, any Error>
            do { result = .success(try await body("http://127.0.0.1:\(port)/")) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    @Test(arguments: ["URL", "PK", "TOKEN"])
    func aRemoteCosignersSettingsAreNamed(missing: String) throws {
        var environment = [
            "COSIGNER_0_SK": Base64.encode(Self.seed(1)), "COSIGNER_1_SK": Base64.encode(Self.seed(2)),
            "COSIGNER_2_URL": "http://127.0.0.1:1", "COSIGNER_2_PK": Digest.zero.base64, "COSIGNER_2_TOKEN": Self.token,
        ]
        environment["COSIGNER_2_\(missing)"] = missing == "URL" ? "ftp://x" : ""
        let error = #expect(throws: CosignerKeys.Invalid.self) {
            try CosignerKeys.load(environment: environment, folder: server.folder.url)
        }
        #expect(try #require(error).description.hasPrefix("COSIGNER_2_\(missing): must be "))
    }
}
