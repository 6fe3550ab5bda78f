import HostileLog
import Testing

@testable import TransparencyLog

struct HeadVerifierTests {
    /// Verification costs time, and whoever writes a head may repeat a name a thousand times.
    @Test func signaturesUnderOneNameAreTriedAFewTimes() throws {
        var log = try TestLog.honest(1)
        log.register("x")
        let head = try log.publish { $0.signers = [0, 1, 1, 1, 1, 1, 1] }
        let judged = HeadVerifier(trust: try log.trust()).verify(head)
        #expect(judged.signaturesChecked == 1 + HeadVerifier.attemptsPerCosigner)
        #expect(judged.signers == ["cosigner_0", "cosigner_1"])
        #expect(judged.findings.map(\.rule) == [.cosignerRepeated])
    }
}
