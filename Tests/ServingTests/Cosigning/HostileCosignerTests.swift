import Auditing
import Foundation
import HostileLog
import InMemoryTracing
import Testing
import Tracing
import TransparencyLog

@testable import Serving

/// A cosigner at another party that does its worst: it is given up in its time, and two others sign.
@Suite(.serialized) struct HostileCosignerTests {
    let server: TestServer
    let tracer = InMemoryTracer()

    init() throws { server = try TestServer() }

    struct Misdeed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// `error.type` of the span.
        let kind: String
        /// Short where the time is what ends it, and else so long that it is not.
        let patience: Duration
        let script: RawServer.Script

        init(_ name: String, _ kind: String, _ patience: Duration, _ script: @escaping RawServer.Script) {
            testDescription = name
            self.kind = kind
            self.patience = patience
            self.script = script
        }
    }

    private static let endless = Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 1 << 16) + Array("\r\n".utf8)

    @Test(
        .timeLimit(.minutes(2)),
        arguments: [
            Misdeed("a body that drips", "timeout", .milliseconds(300)) { connection in
                try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while true {
                    try await connection.send(" ")
                    try await Task.sleep(for: .milliseconds(20))
                }
            },
            Misdeed("a body that never ends", "too_large", .seconds(100)) { connection in
                try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while true { try await connection.send(endless) }
            },
            Misdeed("a challenge", "refused", .seconds(100)) { connection in
                try await connection.send(
                    "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
            },
            // The token is for nobody else.
            Misdeed("a redirect", "refused", .seconds(100)) { connection in
                try await connection.send(
                    "HTTP/1.1 307 There\r\nLocation: \(connection.path)\r\nContent-Length: 0\r\n\r\n")
            },
        ])
    func twoOthersSign(misdeed: Misdeed) async throws {
        let keys = try (1...3 as ClosedRange<UInt8>).map { try CosigningTests.key($0) }
        try await RawServer.run(misdeed.script) { url in
            let remote = try RemoteCosigner(
                name: "COSIGNER_2", url: url, publicKey: Base64.encode(keys[2].publicKey), token: CosigningTests.token,
                patience: misdeed.patience)
            let cosigners = CosignerKeys(members: [.local(keys[0]), .local(keys[1]), .remote(remote)])
            try await withTracer(tracer) {
                let log = try await LogService(
                    LogFolder.open(server.folder.url, keys: cosigners), cosigning: cosigners
                ) { 1_700_000_000 }
                let receipt = try await log.register(TestServer.registration("a"))
                let signers = try SignedTreeHead(JSONReader.parse(receipt.head)).signatures.map(\.cosigner)
                #expect(signers == ["cosigner_0", "cosigner_1"])
                #expect(await log.latestHead == receipt.head)
                await log.close()
            }
        }
        #expect(try await server.audit().verdict == .clean)
        let kinds = tracer.ended("cosign").map { $0["error.type"] }
        #expect(kinds == [.string(misdeed.kind)])
    }

    /// All that a watcher is answered, too.
    @Test(.timeLimit(.minutes(2)), arguments: HostileAnswer.all.filter { $0.place == .heads })
    func anAnswerThatNoHonestServerGives(answer: HostileAnswer) async throws {
        let head = try CosigningTests.head(1, 1)
        let asked = HeadToSign(treeSize: 1, root: head.root, value: head.value, hash: try head.hash(.jcs))
        try await RawServer.run(answer.script(TestLog.honest(1))) { url in
            let remote = try RemoteCosigner(
                // The path whose answers are attacked.
                name: "COSIGNER_2", url: url + "/sth/chain", publicKey: Digest.zero.base64,
                token: CosigningTests.token,
                patience: answer.reasons.contains("timeout") ? .milliseconds(300) : .seconds(100))
            let signatures = await remote.sign([asked])
            #expect(signatures == [nil])
        }
    }
}
