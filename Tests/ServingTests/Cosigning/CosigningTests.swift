import Auditing
import Foundation
import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import LogFiles
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

    /// Two histories of ten leaves, which part behind the third.
    static let honest = MerkleTree(leaves: (0..<10).map { Digest.sha256([$0]) })
    static let forked = MerkleTree(leaves: (0..<10).map { Digest.sha256([$0 < 3 ? $0 : $0 + 100]) })

    static func head(_ size: UInt64, of tree: MerkleTree) throws -> HeadToSign {
        let root = try #require(tree.root(at: size))
        let text = #"{"tree_size":\#(size),"root":"\#(root.base64)","prev_hash":"","timestamp":1}"#
        let head = try SignedTreeHead(JSONReader.parse(Array(text.utf8)))
        return HeadToSign(treeSize: size, root: root, value: head.value, hash: try head.hash(.jcs))
    }

    /// As it arrives at the cosigner.
    static func question(
        _ sizes: [UInt64], of tree: MerkleTree, after signed: UInt64 = 0
    ) async throws -> CosignQuestion {
        let heads = try sizes.map { try head($0, of: tree) }
        let bytes = try #require(await CosignQuestion.bytes(heads, signed: signed, history: tree))
        return try CosignQuestion(JSONReader.parse(bytes))
    }

    /// C18 cannot happen to this cosigner, not even after a restart.
    @Test func aSecondRootForOneSizeIsNotSigned() async throws {
        do {
            let memory = try memory()
            let signatures = try await memory.sign(Self.question([1, 4], of: Self.honest))
            #expect(signatures.count == 2)
            let hash = try Self.head(4, of: Self.honest).hash.bytes
            #expect(Ed25519.verifies(signature: signatures[1], message: hash, publicKey: memory.publicKey))
            let other = try await Self.question([4], of: Self.forked, after: 4)
            let root = try #require(Self.honest.root(at: 4))
            await #expect(throws: CosignerMemory.Refusal(description: "size 4 was signed with root \(root)")) {
                try await memory.sign(other)
            }
            let smaller = try await Self.question([2], of: Self.honest, after: 4)
            await #expect(throws: CosignerMemory.Refusal(description: "size 2 is smaller than 4, which was signed")) {
                try await memory.sign(smaller)
            }
            // What was signed is signed again, wherever the server starts from.
            let same = try await memory.sign(Self.question([1, 4], of: Self.honest))
            #expect(same == signatures)
        }
        // A line cut in half was followed by no signature.
        let kept = try server.text("cosigned.jsonl")
        _ = try server.folder.write(kept + #"{"tree_size":9,"ro"#, to: "cosigned.jsonl")
        let again = try memory()
        #expect(await again.signed == 4)
        let other = try await Self.question([4], of: Self.forked, after: 4)
        await #expect(throws: CosignerMemory.Refusal.self) { try await again.sign(other) }
        _ = try await again.sign(Self.question([4, 5], of: Self.honest, after: 4))
    }

    /// The rule of witnesses: two histories of one log are not signed, at whatever sizes they are shown.
    @Test(
        arguments: [
            // Another history's own proof; one whose beginning is the honest history; and its proof with the honest root.
            [(5, forked)], [(6, forked), (7, forked)], [(5, honest), (6, forked)],
        ] as [[(UInt64, MerkleTree)]])
    func anotherHistoryIsNotSigned(shown: [(size: UInt64, tree: MerkleTree)]) async throws {
        let memory = try memory()
        _ = try await memory.sign(Self.question([4], of: Self.honest))
        let kept = try server.text("cosigned.jsonl")
        var heads: [SignedTreeHead] = []
        var paths: [[Digest]] = []
        var before: UInt64 = 4
        for (size, tree) in shown {
            heads.append(try SignedTreeHead(Self.head(size, of: tree).value))
            paths.append(try #require(tree.consistencyProof(first: before, second: size)).path)
            before = size
        }
        let question = CosignQuestion(heads, signed: 4, paths: paths)
        let refusal = await #expect(throws: CosignerMemory.Refusal.self) { try await memory.sign(question) }
        #expect(try #require(refusal).description.contains(" is not proved to continue size "))
        // All or none: the good head before the bad one is not remembered either.
        #expect(try server.text("cosigned.jsonl") == kept)
        _ = try await memory.sign(Self.question([5, 6, 10], of: Self.honest, after: 4))
    }

    @Test func aProofIsNeededFromTheLargestSize() async throws {
        let memory = try memory()
        _ = try await memory.sign(Self.question([3, 6], of: Self.honest))
        for signed: UInt64 in [0, 3, 7] {
            let question = try await Self.question([8], of: Self.honest, after: signed)
            await #expect(throws: CosignerMemory.Stale(signed: 6)) { try await memory.sign(question) }
        }
        // From a server that knows of no proofs.
        let value = JSONValue.object([JSONMember("heads", .array([try Self.head(8, of: Self.honest).value]))])
        let plain = try CosignQuestion(value)
        await #expect(throws: CosignerMemory.Stale(signed: 6)) { try await memory.sign(plain) }
        let without = CosignQuestion(plain.heads, signed: 6, paths: [[]])
        await #expect(throws: CosignerMemory.Refusal.self) { try await memory.sign(without) }
        _ = try await memory.sign(Self.question([8], of: Self.honest, after: 6))
    }

    @Test(arguments: [
        (#""signed":-1,"proofs":[[]]"#, "signed: must be "), (#""signed":"4","proofs":[[]]"#, "signed: must be "),
        (#""signed":4"#, "proofs: must be "), (#""signed":4,"proofs":[]"#, "proofs: must be "),
        (#""signed":4,"proofs":[4]"#, "proofs[0]: must be "), (#""signed":4,"proofs":[["x"]]"#, "proofs[0]: must be "),
        (
            #""signed":4,"proofs":[[\#(Array(repeating: "\"\(Digest.zero.base64)\"", count: 129).joined(separator: ","))]]"#,
            "proofs[0]: must be "
        ),
    ])
    func proofsThatCannotBeRead(members: String, message: String) async throws {
        let head = String(decoding: try Self.head(5, of: Self.honest).value.bytes(), as: UTF8.self)
        let value = try JSONReader.parse(Array(#"{"heads":[\#(head)],\#(members)}"#.utf8))
        let error = #expect(throws: CosignQuestion.Malformed.self) { try CosignQuestion(value) }
        #expect(try #require(error).description.hasPrefix(message))
    }

    /// A log's server starts anew, knows nothing of what was signed, and is told.
    @Test(.timeLimit(.minutes(1))) func aServerThatStartsAnewIsToldWhereToStart() async throws {
        let memory = try memory()
        _ = try await memory.sign(Self.question([4], of: Self.honest))
        let tree = Self.honest
        try await Self.serving(memory) { url in
            let remote = try Self.remote(url, memory)
            for sizes: [UInt64] in [[5, 6], [9]] {
                let heads = try sizes.map { try Self.head($0, of: tree) }
                #expect(await remote.sign(heads, history: tree)?.contains(nil) == false)
            }
            // Another history gets no signature, and neither does an older copy of this one.
            let fork = try Self.head(10, of: Self.forked)
            #expect(await remote.sign([fork], history: Self.forked) == [nil])
            let old = MerkleTree(leaves: tree.leaves.prefix(8))
            let older = try Self.head(8, of: old)
            #expect(await (try Self.remote(url, memory)).sign([older], history: old) == [nil])
            let last = try Self.head(10, of: tree)
            #expect(await remote.sign([last], history: tree)?.contains(nil) == false)
        }
        #expect(await memory.signed == 10)
    }

    private static func remote(_ url: String, _ memory: CosignerMemory) throws -> RemoteCosigner {
        try RemoteCosigner(
            name: "COSIGNER_2", url: url, publicKey: Base64.encode(memory.publicKey), token: token,
            patience: .seconds(100))
    }

    @Test func anUnreadableMemoryStopsTheCosigner() async throws {
        _ = try server.folder.write("{}\n", to: "cosigned.jsonl")
        let error = #expect(throws: LogFileError.self) { try memory() }
        #expect(try #require(error).description.contains("line 1: is no record of a signature; restore the file"))
        // Two cosigners' files in one.
        do { _ = try await memory("a.jsonl").sign(Self.question([4], of: Self.honest)) }
        do { _ = try await memory("b.jsonl").sign(Self.question([4], of: Self.forked)) }
        let lines = try ["a.jsonl", "b.jsonl", "a.jsonl"].map { try server.text($0) }
        _ = try server.folder.write(lines.joined(), to: "cosigned.jsonl")
        let both = #expect(throws: LogFileError.self) { try memory() }
        #expect(try #require(both).description.contains("line 2: is a second root for size 4"))
    }

    @Test func aTreeWithoutLeavesIsNotSigned() async throws {
        let text = #"{"tree_size":0,"root":"\#(Digest.sha256([]).base64)","prev_hash":"","timestamp":1}"#
        let question = CosignQuestion([try SignedTreeHead(JSONReader.parse(Array(text.utf8)))], paths: [[]])
        let memory = try memory()
        await #expect(throws: CosignerMemory.Refusal.self) { try await memory.sign(question) }
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
            let signers = await cosigners.cosign(heads, history: CosigningTests.honest).map { $0.map(\.cosigner) }
            let two = ["cosigner_0", "cosigner_1"]
            #expect(signers == [two, two + ["cosigner_2"], two])
            #expect(await cosigners.cosign([heads[2]], history: CosigningTests.honest).map(\.count) == [2])
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
