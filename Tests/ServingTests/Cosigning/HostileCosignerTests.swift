import Auditing
import Foundation
import HostileLog
import InMemoryTracing
import Synchronization
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
            Misdeed("a conflict of a proxy's", "refused", .seconds(100)) { connection in
                try await connection.send("HTTP/1.1 409 No\r\nContent-Length: 7\r\n\r\n<html>\n")
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
            var cosigners = CosignerKeys(members: [.local(keys[0]), .local(keys[1]), .remote(remote)])
            // The misdeed is what ends it here.
            cosigners.grace = .seconds(100)
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

    /// So many of three must sign; the last of them are at URLs.
    private static func party(
        threshold: UInt64
    ) throws -> (cosigners: @Sendable ([String]) throws -> CosignerKeys, asked: [HeadToSign]) {
        let keys = try (1...3 as ClosedRange<UInt8>).map { try CosigningTests.key($0) }
        let trust = try TrustFile(
            name: "test", canonical: .jcs, policy: .init(t: threshold, n: 3),
            cosigners: keys.enumerated().map { .init(id: "cosigner_\($0.offset)", publicKey: $0.element.publicKey) })
        let head = try CosigningTests.head(1, 1)
        let asked = HeadToSign(treeSize: 1, root: head.root, value: head.value, hash: try head.hash(.jcs))
        return (
            { urls in
                let local = keys.dropLast(urls.count).map(CosignerKeys.Member.local)
                let remote = try zip(keys.suffix(urls.count), urls).map { key, url in
                    try RemoteCosigner(
                        name: "COSIGNER_i", url: url, publicKey: Base64.encode(key.publicKey),
                        token: CosigningTests.token, patience: .seconds(100))
                }
                return CosignerKeys(members: local + remote.map(CosignerKeys.Member.remote)).under(trust)
            }, [asked]
        )
    }

    /// What the cosigner with a key answers to the question of a party.
    private static func signed(by key: UInt8, _ asked: [HeadToSign]) throws -> String {
        let signature = try Base64.encode(CosigningTests.key(key).signature(for: asked[0].hash.bytes))
        let body = #"{"signatures":["\#(signature)"]}"#
        return "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// One whose state was begun anew says so, and is asked from there; one that names another size each time is asked twice.
    @Test(.timeLimit(.minutes(1))) func oneThatForgotIsAskedAgainOnce() async throws {
        let tree = CosigningTests.honest
        let heads = try [4, 9].map { try CosigningTests.head($0, of: tree) }
        let signed = try heads.map { try Self.signed(by: 3, [$0]) }
        let stale = [0, 3, 5, UInt64.max].map {
            let body = #"{"detail":"from there","tree_size":\#($0)}"#
            return "HTTP/1.1 409 No\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        let answers = [signed[0], stale[0], signed[1], stale[1], stale[2], stale[3], signed[1]]
        let questions = Mutex(0)
        try await RawServer.run { connection in
            let number = questions.withLock {
                $0 += 1
                return $0 - 1
            }
            try await connection.send(answers[number])
        } _: { url in
            let remote = try RemoteCosigner(
                name: "COSIGNER_2", url: url, publicKey: Base64.encode(CosigningTests.key(3).publicKey),
                token: CosigningTests.token, patience: .seconds(100))
            var outcomes: [[Bool]] = []
            for head in [heads[0], heads[1], heads[1], heads[1], heads[1]] {
                outcomes.append(await remote.sign([head], history: tree)?.map { $0 != nil } ?? [])
            }
            // A size that this log never had is not asked from.
            #expect(outcomes == [[true], [true], [false], [false], [true]])
        }
        #expect(questions.withLock { $0 } == answers.count)
    }

    private static let refused = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"

    /// A third that is silent costs a batch its grace, and the batches behind it nothing; it is asked again once it has
    /// answered.
    @Test(.timeLimit(.minutes(1))) func aSilentThirdHoldsNobodyUp() async throws {
        let (cosigners, asked) = try Self.party(threshold: 2)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let questions = Mutex(0)
        try await RawServer.run { connection in
            questions.withLock { $0 += 1 }
            for await _ in gate {}
            try await connection.send(Self.refused)
        } _: { url in
            var cosigners = try cosigners([url])
            cosigners.grace = .milliseconds(1)
            let two = ["cosigner_0", "cosigner_1"]
            #expect(await cosigners.cosign(asked, history: CosigningTests.honest).map { $0.map(\.cosigner) } == [two])
            #expect(await eventually { questions.withLock { $0 } == 1 })
            cosigners.grace = .seconds(100)
            for _ in 0..<3 {
                #expect(
                    await cosigners.cosign(asked, history: CosigningTests.honest).map { $0.map(\.cosigner) } == [two])
            }
            #expect(questions.withLock { $0 } == 1)
            opener.finish()
            let patient = cosigners
            #expect(
                await eventually {
                    _ = await patient.cosign(asked, history: CosigningTests.honest)
                    return questions.withLock { $0 } > 1
                })
        }
    }

    /// Where the quorum needs it, a slow one is waited for beyond the grace.
    @Test(.timeLimit(.minutes(1))) func aSlowOneThatTheQuorumNeedsIsWaitedFor() async throws {
        let (cosigners, asked) = try Self.party(threshold: 3)
        let answer = try Self.signed(by: 3, asked)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        try await RawServer.run { connection in
            for await _ in gate {}
            try await connection.send(answer)
        } _: { url in
            var cosigners = try cosigners([url])
            cosigners.grace = .zero
            async let signed = cosigners.cosign(asked, history: CosigningTests.honest)
            opener.finish()
            #expect(await signed.map(\.count) == [3])
        }
    }

    /// One that owes an answer is not asked where there is a quorum without it, and waited for where there is none.
    @Test(.timeLimit(.minutes(1))) func oneThatOwesAnAnswerIsNeeded() async throws {
        let (cosigners, asked) = try Self.party(threshold: 2)
        let (second, third) = (try Self.signed(by: 2, asked), try Self.signed(by: 3, asked))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let questions = Mutex((second: 0, third: 0))
        try await RawServer.run { connection in
            let count = questions.withLock {
                $0.second += 1
                return $0.second
            }
            try await connection.send(count == 1 ? second : Self.refused)
        } _: { urlOfSecond in
            try await RawServer.run { connection in
                questions.withLock { $0.third += 1 }
                for await _ in gate {}
                try await connection.send(third)
            } _: { urlOfThird in
                var cosigners = try cosigners([urlOfSecond, urlOfThird])
                cosigners.grace = .milliseconds(1)
                #expect(
                    await cosigners.cosign(asked, history: CosigningTests.honest).map { $0.map(\.cosigner) } == [
                        ["cosigner_0", "cosigner_1"]
                    ])
                #expect(await eventually { questions.withLock { $0.third } == 1 })
                async let needed = cosigners.cosign(asked, history: CosigningTests.honest)
                #expect(await eventually { questions.withLock { $0.second } == 2 })
                #expect(questions.withLock { $0.third } == 1)
                opener.finish()
                #expect(await needed.map { $0.map(\.cosigner) } == [["cosigner_0", "cosigner_2"]])
            }
        }
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
            let signatures = await remote.sign([asked], history: CosigningTests.honest)
            #expect(signatures == [nil])
        }
    }
}
