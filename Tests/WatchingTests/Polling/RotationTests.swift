import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// C8: a cosigner's key is rotated. The new one counts from its window on, and the old one no longer.
struct RotationTests {
    /// The log's next head, with `cosigner_0` signing by this key.
    private static func publish(_ log: inout TestLog, by key: Ed25519.PrivateKey) throws {
        log.register("user\(log.heads.count)")
        var lies = TestLog.Lies()
        lies.signatures = "[]"
        let hash = try SignedTreeHead(JSONReader.parse(Array(log.text(lies).utf8))).hash(log.dialect)
        let signatures = [key, log.keys[1]].enumerated().map { index, key in
            #"{"cosigner":"cosigner_\#(index)","sig":"\#(Base64.encode(key.signature(for: hash.bytes)))"}"#
        }
        try log.publish { $0.signatures = "[\(signatures.joined(separator: ","))]" }
    }

    @Test(arguments: [true, false]) func aKeyThatIsRotated(signsWithNewKey: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            let newKey = TestLog(firstSeed: 60).keys[0]
            var cosigners = try log.trust().cosigners
            let before = try log.trust()
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(before)
            cosigners[0] = .init(id: "cosigner_0", publicKey: log.keys[0].publicKey, untilTreeSize: 3)
            cosigners.append(.init(id: "cosigner_0", publicKey: newKey.publicKey, fromTreeSize: 4))
            let after = try log.trust(cosigners: cosigners)
            #expect(after.logID == before.logID, "what is known of the log stays its own")
            for _ in 0..<2 { try Self.publish(&log, by: signsWithNewKey ? newKey : log.keys[0]) }
            server.answer(log.script())
            let report = try await harness.poll(after)
            if signsWithNewKey {
                #expect(report.rules.isEmpty && report.verifiedSize == 5 && report.verifiedHeads == 5)
            } else {
                #expect(Set(report.rules) == [.quorumNotMet, .signatureInvalid] && report.verifiedSize == 3)
            }
        }
    }
}
