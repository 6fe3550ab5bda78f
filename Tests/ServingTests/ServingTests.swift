import Auditing
import Foundation
import HTTPTypes
import HostileLog
import Hummingbird
import HummingbirdTesting
import LogFiles
import NIOCore
import Serving
import Testing
import TransparencyLog

struct ServingTests {
    let server: TestServer
    var folder: ScratchFolder { server.folder }

    init() throws { server = try TestServer() }

    func keys() throws -> CosignerKeys { try server.keys() }
    func service() async throws -> LogService { try await server.service() }
    func audit() async throws -> AuditReport { try await server.audit() }

    static func body(_ id: String) -> ByteBuffer {
        let key = Base64.encode(Digest.sha256(Array(id.utf8)).bytes)
        return ByteBuffer(string: #"{"id":"\#(id)","public_key":"\#(key)","timestamp":1700000000}"#)
    }

    @Test func theInterfaceOfADeployment() async throws {
        let log = try await service()
        try await server.test(log) { client in
            let empty = try await client.execute(uri: "/sth/latest", method: .get)
            #expect(empty.status == .notFound)
            #expect(String(buffer: empty.body) == #"{"detail":"No STH found"}"#)
            let registered = try await client.execute(uri: "/did/register", method: .post, body: Self.body("alice"))
            #expect(registered.status == .created)
            #expect(String(buffer: registered.body) == #"{"message":"registered","tree_size":1}"#)
            _ = try await client.execute(uri: "/did/register", method: .post, body: Self.body("bob"))
            let chain = try await client.execute(uri: "/sth/chain?limit=5", method: .get)
            let heads = try #require(try JSONReader.parse(chain.body.readableBytesView).elements)
            #expect(heads.map { $0["tree_size"]?.plainInteger } == [2, 1])
            let latest = try await client.execute(uri: "/sth/latest", method: .get)
            #expect(try JSONReader.parse(latest.body.readableBytesView) == heads[0])
            let health = try await client.execute(uri: "/health", method: .get)
            #expect(
                String(buffer: health.body)
                    == #"{"status":"healthy","timestamp":1700000000,"users_count":2,"sth_count":2}"#)
            let metrics = try await client.execute(uri: "/metrics", method: .get)
            #expect(String(buffer: metrics.body).contains("\nsth_count 2\n"))
        }
        let report = try await audit()
        #expect(report.verdict == .clean && report.rootsChecked == 2)
    }

    @Test(arguments: [
        ("", "body: is not JSON"), ("[]", "an object is expected"),
        (#"{"public_key":"","timestamp":1}"#, "id: is missing"),
        (#"{"id":5,"public_key":"","timestamp":1}"#, "id: must be a string, not a number"),
        (#"{"id":"a\u0000b","public_key":"","timestamp":1}"#, "id: must not contain U+0000"),
        (#"{"id":"a","public_key":"AA==","timestamp":1}"#, "public_key: must be the strict base64"),
        (
            #"{"id":"a","public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","timestamp":1e3}"#,
            "timestamp: must be plain decimal digits"
        ),
        (#"{"id":"a","id":"b"}"#, "body: is not JSON: the name \\\"id\\\" stands twice"),
    ])
    func badInputNamesItsFieldAndWritesNothing(text: String, detail: String) async throws {
        let log = try await service()
        try await server.test(log) { client in
            let answer = try await client.execute(
                uri: "/did/register", method: .post, body: ByteBuffer(string: text))
            #expect(answer.status == .badRequest)
            #expect(String(buffer: answer.body).hasPrefix(#"{"detail":"\#(detail)"#))
        }
        #expect(await log.usersCount == 0)
    }

    @Test(arguments: ["0", "-1", "x", ""])
    func badLimitsAreRefused(limit: String) async throws {
        let log = try await service()
        try await server.test(log) { client in
            let answer = try await client.execute(uri: "/sth/chain?limit=\(limit)", method: .get)
            #expect(answer.status == .badRequest)
        }
    }

    /// C14, from the server's side: two at once can never fork the log.
    @Test func registrationsAtOnceMakeOneChain() async throws {
        let log = try await service()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask {
                    let registration = Registration(
                        id: JSONText("user\(index)"), publicKey: Digest.sha256([UInt8(index)]).bytes, timestamp: 1)
                    _ = try await log.register(registration)
                }
            }
            try await group.waitForAll()
        }
        let report = try await audit()
        #expect(report.verdict == .clean && report.headsChecked == 40 && report.rootsChecked == 40)
    }

    /// A field server's folder: the dialect is seen from the links, and the chain goes on in it.
    @Test(arguments: CanonicalJSON.allCases)
    func anExistingChainGoesOnInItsDialect(dialect: CanonicalJSON) async throws {
        let old = try TestLog.honest(3, dialect: dialect)
        _ = try folder.write(old.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(old.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
        let log = try await service()
        let registration = Registration(id: JSONText("new"), publicKey: Digest.zero.bytes, timestamp: 1)
        #expect(try await log.register(registration).treeSize == 4)
        let latest = try #require(await log.latestHead)
        let head = try SignedTreeHead(JSONReader.parse(latest))
        #expect(try head.predecessor == .hash(old.heads[2].hash(dialect)))
        #expect(log.trustFile.canonical == dialect)
    }

    /// C5: a torn tail is saved aside and trimmed, and never fused with the next line.
    @Test(arguments: [#"{"id":"ha"#, "\u{0}\u{0}\u{0}"])
    func aTornTailIsSavedAside(tail: String) async throws {
        let old = try TestLog.honest(2)
        _ = try folder.write(old.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        let whole = old.leafLines.map { $0 + "\n" }.joined()
        let path = try folder.write(whole + tail, to: "users.jsonl")
        let log = try await service()
        #expect(await log.usersCount == 2)
        let saved = try String(contentsOfFile: "\(path).torn-\(whole.utf8.count)", encoding: .utf8)
        #expect(saved == tail)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == whole)
    }

    @Test func aMalformedLineInsideStopsTheStart() async throws {
        _ = try folder.write("{}\n", to: "users.jsonl")
        await #expect(throws: LogFileError.self) { try await service() }
    }

    /// A changed registration must not become a signed tree that continues nothing.
    @Test func registrationsThatAreNotThoseOfTheNewestHead() async throws {
        let old = try TestLog.honest(3)
        _ = try folder.write(old.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        let edited = old.leafLines.map { $0.replacing("user1@", with: "user7@") + "\n" }.joined()
        _ = try folder.write(edited, to: "users.jsonl")
        let error = try await #require(throws: LogFileError.self) { try await service() }
        #expect(error.description.contains("does not give the newest head's root at size 3"))
    }

    @Test func aLostKeyIsNotReplaced() throws {
        _ = try keys()
        let lost = folder.url.appending(path: "keys/cosigner_1.sk")
        try FileManager.default.removeItem(at: lost)
        #expect(throws: CosignerKeys.Invalid.self) { try keys() }
        #expect(!FileManager.default.fileExists(atPath: lost.path))
    }

    @Test func twoServersCannotShareAFolder() async throws {
        let first = try await service()
        await #expect(throws: LogFileError.self) { try await service() }
        withExtendedLifetime(first) {}
    }

    @Test func keysComeFromTheEnvironmentOrAreMadeOnce() throws {
        let seeds = (1...3).map { [UInt8](repeating: $0, count: 32) }
        var environment: [String: String] = [:]
        for (index, seed) in seeds.enumerated() {
            let key = try #require(Ed25519.PrivateKey(seed: seed))
            environment["COSIGNER_\(index)_SK"] = Base64.encode(index == 1 ? seed + key.publicKey : seed)
        }
        let made = folder.url.appending(path: "keys")
        _ = try CosignerKeys.load(environment: environment, folder: made)
        #expect(!FileManager.default.fileExists(atPath: made.path))
        environment["COSIGNER_2_SK"] = Base64.encode(seeds[2] + seeds[2])
        #expect(throws: CosignerKeys.Invalid.self) { try CosignerKeys.load(environment: environment, folder: made) }
        _ = try keys()
        let file = made.appending(path: "cosigner_0.sk").path
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let before = try String(contentsOfFile: file, encoding: .utf8)
        _ = try keys()
        #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
    }
}
