import HostileLog
import Testing
import TransparencyLog

@testable import Auditing

struct EvidenceRecorderTests {
    /// A head of size 2, and another one of that size; between them whatever `noise` says, in bytes.
    private static func record(noise: [Int], window: Int = 10) throws -> (evidence: Digest?, state: Digest) {
        let log = try TestLog.honest(2)
        var other = log.prefix(1)
        other.register("other")
        try other.publish()
        let verifier = HeadVerifier(trust: try log.trust())
        var recorder = EvidenceRecorder(verifier: verifier, source: "sth.jsonl", window: window)
        /// The head's line, with white space up to so many bytes.
        func note(_ head: SignedTreeHead, _ bytes: Int) {
            let line = head.value.bytes()
            recorder.note(verifier.verify(head), line: line + Array(repeating: 0x20, count: bytes - line.count))
        }
        note(log.heads[1], 1_000)
        for (head, bytes) in zip(try TestLog.honest(noise.count + 2).heads.dropFirst(2), noise) { note(head, bytes) }
        let (rival, line) = (try log.heads[1].hash(.jcs), other.heads[1].value.bytes())
        return (
            recorder.record(.sameSizeDifferentRoot, verifier.verify(other.heads[1]), line: line, rival), recorder.state
        )
    }

    /// A file may have a mebibyte in each head: what is kept is bounded in bytes too, and depends on the newest heads alone.
    @Test func whatIsKeptIsBounded() throws {
        #expect(try Self.record(noise: [1_000]).evidence != nil)
        #expect(try Self.record(noise: Array(repeating: 1_000, count: 10)).evidence == nil)
        #expect(try Self.record(noise: [EvidenceRecorder.bytes - 1_000]).evidence != nil)
        let (evidence, state) = try Self.record(noise: [EvidenceRecorder.bytes - 999])
        #expect(evidence == nil)
        #expect(try Self.record(noise: [1_000, EvidenceRecorder.bytes - 999]).state != state)
        let shifted = try Self.record(noise: [EvidenceRecorder.bytes - 999], window: 1)
        #expect(shifted.state == state)
    }
}
