import Foundation
import HostileLog
import Synchronization
import Testing

@testable import Watching

/// Whatever a log's server answers: the poll fails in its time and says why, or finds what is wrong; nothing is found that is
/// not there, and the next honest answer is taken.
@Suite(.serialized) struct HostileAnswerTests {
    @Test(.timeLimit(.minutes(2)), arguments: HostileAnswer.all)
    func anAnswerThatNoHonestServerGives(answer: HostileAnswer) async throws {
        let log = try TestLog.honest(3)
        let (asked, isHonest) = (Shared(0), Shared(false))
        let hostile = answer.script(log)
        let honest = HostileAnswer.honest(log)
        try await RawServer.run { connection in
            if isHonest.value { return try await honest(connection) }
            asked.change { $0 += 1 }
            try await hostile(connection)
        } _: { url in
            // Short where nothing comes, and else long enough for a machine that is busy.
            let harness = try WatchHarness(url: url, timeout: answer.reasons.contains("timeout") ? 5 : 30)
            var configuration = try harness.configuration([("log", log.trust(), "")])
            configuration.limits.chainBytes = 4 << 20
            configuration.limits.leavesBytes = 1 << 20
            let begun = ContinuousClock.now
            let report = try #require(try await harness.poll(configuration).first)
            let took = ContinuousClock.now - begun
            if answer.reasons.isEmpty {
                #expect(report.failure == nil && report.exitCode == 1)
            } else {
                let failure = try #require(report.failure)
                let reason = String(failure.prefix { $0 != ":" })
                #expect(answer.reasons.contains(reason), "\(failure)")
                if !answer.says.isEmpty { #expect(failure.contains(answer.says)) }
                #expect(report.exitCode == 3)
            }
            #expect(Set(report.rules) == answer.finds && report.verifiedSize == 0)
            if answer.reasons.contains("timeout") {
                #expect(took < .seconds(60), "its time is over after five seconds")
            }
            #expect((1...2).contains(asked.value), "nothing is asked for again and again")
            isHonest.value = true
            configuration.limits.timeout = 30
            configuration.limits.lowSpeedTime = 30
            let mended = try #require(try await harness.poll(configuration).first)
            #expect(mended.failure == nil && mended.verifiedSize == 3 && mended.findings == report.findings)
        }
    }

    /// No name is looked for without an end. The name is reserved for this (RFC 6761).
    @Test(.timeLimit(.minutes(2))) func aNameThatIsNobodys() async throws {
        let log = try TestLog.honest(3)
        let harness = try WatchHarness(url: "http://log.invalid", timeout: 30)
        let report = try #require(try await harness.poll(harness.configuration([("log", log.trust(), "")])).first)
        #expect(report.failure?.hasPrefix("connect: sth/chain: Could not resolve host: log.invalid") == true)
        #expect(report.findings.isEmpty)
    }
}
