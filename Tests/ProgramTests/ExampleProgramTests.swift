import Foundation
import HostileLog
import Testing
import TransparencyLog

/// The client of docs/MOBILE.md against a real server.
struct ExampleProgramTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func startServer() async throws -> (Program, Int) {
        let server = try Program(
            "nexo-server", ["run", "--data", "data", "--host", "127.0.0.1", "--port", "0"], folder: folder.url)
        return (server, try await server.port())
    }

    private func stop(_ server: Program) async throws {
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
    }

    private func client(_ port: Int, _ arguments: String..., state: String = "state.json") async throws
        -> Program.Result
    {
        try await Program.run(
            "nexo-client", ["http://127.0.0.1:\(port)", "data/trust.json", state] + arguments, folder: folder.url)
    }

    private static func key(_ name: String) -> String { Digest.sha256(Array(name.utf8)).base64 }

    @Test func keysAreRegisteredAndFoundWithProof() async throws {
        let (server, port) = try await startServer()
        for (name, id) in [("1", "alice"), ("2", "zoë +&/?"), ("3", "alice")] {
            let registered = try await client(port, "register", id, Self.key(name))
            #expect(registered.code == 0 && registered.output == "\(id) has the key \(Self.key(name))\n")
        }
        let found = try await client(port, "find", "alice", state: "other.json")
        #expect(found.code == 0 && found.output == "alice has the key \(Self.key("3"))\n")
        #expect(try await client(port, "find", "zoë +&/?").output == "zoë +&/? has the key \(Self.key("2"))\n")
        let nobody = try await client(port, "find", "bob")
        #expect(nobody.code == 0 && nobody.output == "the log says that bob is not registered, which nothing proves\n")
        #expect(try await client(port, "register", "", Self.key("4")).code == 3)
        #expect(try await client(port, "register", "bob", "short").code == 2)
        try await stop(server)
    }

    @Test func anotherHistoryIsNotBelieved() async throws {
        var (server, port) = try await startServer()
        #expect(try await client(port, "register", "alice", Self.key("1")).code == 0)
        try await stop(server)
        let data = folder.url.appending(path: "data")
        let old = folder.url.appending(path: "old")
        try FileManager.default.copyItem(at: data, to: old)
        (server, port) = try await startServer()
        #expect(try await client(port, "register", "bob", Self.key("2")).code == 0)
        try await stop(server)
        try FileManager.default.removeItem(at: data)
        try FileManager.default.moveItem(at: old, to: data)
        (server, port) = try await startServer()
        // Of one size with what was seen, and then larger.
        for name in ["3", "4"] {
            let other = try await client(port, "register", "bob", Self.key(name))
            #expect(other.code == 1 && other.errors.contains("does not continue that of size 2"))
        }
        // Who never saw the first history cannot know.
        #expect(try await client(port, "find", "bob", state: "new.json").code == 0)
        try await stop(server)
    }

    /// Under a head that is genuine, and older than one that was seen, a key that was replaced would still stand.
    @Test func anOlderHeadThanWasSeenIsNotBelieved() async throws {
        let log = try TestLog.honest(4)
        let tree = MerkleTree(leaves: log.registrations.map(\.leafHash))
        @Sendable func json(_ path: [Digest]) -> String {
            "[" + path.map { "\"\($0.base64)\"" }.joined(separator: ",") + "]"
        }
        let inclusion = try #require(tree.inclusionProof(index: 1, treeSize: 2))
        let consistency = try #require(tree.consistencyProof(first: 2, second: 4))
        let answer = """
            {"head":\(log.headLines[1]),"registration":\(log.leafLines[1]),"index":1,"path":\(json(inclusion.path))}
            """
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "data"), withIntermediateDirectories: false)
        _ = try folder.write(log.trust().json.bytes(), to: "data/trust.json")
        _ = try folder.write(log.headLines[3], to: "state.json")
        try await ScriptedServer.run { server, url in
            server.answer { question in
                .init(question.path.hasSuffix("inclusion") ? answer : #"{"path":\#(json(consistency.path))}"#)
            }
            let port = try #require(URL(string: url)?.port)
            let refused = try await client(port, "find", "user1@test")
            #expect(refused.code == 1)
            #expect(refused.errors.contains("rests on size 2, though 4 was shown before"), "\(refused.errors)")
            #expect(try await client(port, "find", "user1@test", state: "new.json").code == 0)
        }
    }

    @Test func aHeadWithoutAQuorumIsNotBelieved() async throws {
        let (server, port) = try await startServer()
        #expect(try await client(port, "register", "alice", Self.key("1")).code == 0)
        let trust = try TrustFile(json: Array(Data(contentsOf: folder.url.appending(path: "data/trust.json"))))
        let others = try TrustFile(
            name: trust.name, canonical: trust.canonical, policy: trust.policy,
            cosigners: trust.cosigners.map { .init(id: $0.id, publicKey: Digest.sha256($0.publicKey).bytes) })
        _ = try folder.write(others.json.bytes(), to: "others.json")
        let refused = try await Program.run(
            "nexo-client", ["http://127.0.0.1:\(port)", "others.json", "state2.json", "find", "alice"],
            folder: folder.url)
        #expect(refused.code == 1 && refused.errors.contains("has no quorum"))
        #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "state2.json").path))
        try await stop(server)
    }
}
