import Foundation
import HostileLog
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// What is said of a log is what really held.
struct AssuranceTests {
    private static func level(_ harness: WatchHarness, _ log: TestLog) async throws -> Assurance {
        let store = try SQLiteStore(path: harness.folder.url.appending(path: "watch.db").path)
        let assurance = try await store.position(of: log.trust().logID).assurance
        let text = harness.registry.render()
        for level in Assurance.allCases {
            let series = "nexo_watch_assurance{level=\"\(level.rawValue)\",log=\"log\"} \(level == assurance ? 1 : 0)\n"
            #expect(text.contains(series))
        }
        return assurance
    }

    @Test func leavesThatAreMissing() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            #expect(try await Self.level(harness, log) == .rootsRecomputed)
            log.register("x")
            try log.publish()
            server.answer(log.script(leaves: Array(log.leafLines.prefix(5))))
            _ = try await harness.poll(log.trust())
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
            server.answer(log.script())
            _ = try await harness.poll(log.trust())
            #expect(try await Self.level(harness, log) == .rootsRecomputed)
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
        }
    }

    @Test func aLogThatShowsNothing() async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            log.register("x")
            try log.publish { $0.signatures = "[]" }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.level(harness, log) == .unlinked)
        }
    }

    /// C6: a log that grows faster than its server shows. Each gap is told with its bounds, closed when its heads come,
    /// and bridged where the leaves give the roots on both sides.
    @Test func gapsOpenAndClose() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(400)
            let harness = try WatchHarness(url: url)
            let gaps = {
                harness.registry.render().split(separator: "\n").first { $0.hasPrefix("nexo_watch_gap_leaves{") }
            }
            // The watch begins in the middle of the chain: what was before is told, and is no gap between heads.
            server.answer(log.prefix(100).script(cap: 40))
            let first = try await harness.poll(log.trust(), leaves: false)
            #expect(first.rules == [.chainGap] && first.verifiedSize == 100)
            #expect(first.findings[0].finding.found == "it is not at hand; nothing before it is known")
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
            server.answer(log.prefix(300).script(cap: 40))
            let behind = server.asked.count
            let second = try await harness.poll(log.trust(), leaves: false)
            #expect(server.asked.count - behind == 2, "it is asked for more once, and not for ever")
            #expect(
                second.findings[1].finding.found == "it is not at hand; heads between sizes 100 and 261 are missing")
            #expect(second.verifiedSize == 300)
            #expect(try await Self.level(harness, log) == .unlinked)
            #expect(gaps() == "nexo_watch_gap_leaves{log=\"log\"} 161")
            // A replica that lags fills the upper part, and another one the rest.
            server.answer(log.prefix(260).script(cap: 60))
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.level(harness, log) == .unlinked)
            #expect(gaps() == "nexo_watch_gap_leaves{log=\"log\"} 101")
            server.answer(log.prefix(200).script())
            let closed = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
            #expect(gaps() == "nexo_watch_gap_leaves{log=\"log\"} 0")
            #expect(Set(closed.rules) == [.chainGap] && closed.verifiedHeads == 300)
            server.answer(log.script(cap: 40))
            _ = try await harness.poll(log.trust())
            #expect(try await Self.level(harness, log) == .rootsRecomputed, "the leaves bridge it")
        }
    }

    /// A heartbeat that is missing is missing between known heads, and no beginning that was not seen: a second first head
    /// cannot pass for the first one.
    @Test func aHeartbeatThatIsMissing() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish()
            try log.publish()
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(3).script())
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
            server.answer(log.script(cap: 1))
            #expect(try await harness.poll(log.trust(), leaves: false).rules == [.chainGap])
            #expect(try await Self.level(harness, log) == .unlinked)
            var again = log
            try again.publish { $0.previous = "" }
            server.answer(again.script(cap: 1))
            #expect(try await harness.poll(log.trust(), leaves: false).rules == [.chainGap, .linkBroken])
            server.answer(log.prefix(4).script(cap: 1))
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedHeads == 5)
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
        }
    }

    @Test func whereAGapBegins() {
        #expect(Gaps().below(3, verified: 0) == 0 && Gaps().below(5, verified: 3) == 3)
        #expect(Gaps().below(3, verified: 3) == 3 && Gaps().below(2, verified: 3) == 2)
        // The watch began at 61, and was not shown what is between 100 and 261.
        let gaps = Gaps([
            .init(parent: .sha256([1]), below: 0, above: 61), .init(parent: .sha256([2]), below: 100, above: 261),
        ])
        for (size, below) in [(10, 0), (61, 0), (80, 80), (200, 100), (300, 300), (301, 300)] as [(UInt64, UInt64)] {
            #expect(gaps.below(size, verified: 300) == below)
        }
    }

    /// A missing heartbeat of the size at which the watch began is not what was before the watch: the chain's first heads may
    /// still come late.
    @Test func aHeartbeatIsMissingWhereTheWatchBegan() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            let harness = try WatchHarness(url: url)
            server.answer(log.script(cap: 1))
            #expect(try await harness.poll(log.trust(), leaves: false).rules == [.chainGap])
            for _ in 0..<2 { try log.publish() }
            server.answer(log.script(cap: 1))
            let missing = try await harness.poll(log.trust(), leaves: false)
            #expect(missing.findings.last?.finding.found == "it is not at hand; heads of size 5 are missing")
            #expect(try await Self.level(harness, log) == .unlinked)
            server.answer(log.script(cap: 2))
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try await Self.level(harness, log) == .linkedAndSigned)
            server.answer(log.script())
            let whole = try await harness.poll(log.trust(), leaves: false)
            #expect(Set(whole.rules) == [.chainGap] && whole.verifiedHeads == 7)
        }
    }

    /// Gaps without end are kept in bounds, and never forgotten.
    @Test func gapsAreJoined() {
        var gaps = Gaps()
        for index in 0..<200 {
            let below = UInt64(index) * 10
            gaps.open(Gap(parent: .sha256([UInt8(index)]), below: below + 1, above: below + 10))
        }
        #expect(gaps.all.count == Gaps.limit)
        for index in 0..<200 { gaps.fill(.sha256([UInt8(index)]), size: UInt64(index) * 10 + 9) }
        #expect(gaps.all.count == 1 && !gaps.areClosed)
        #expect(Gaps(bytes: gaps.bytes) == gaps && Gaps(bytes: [1]) == nil)
    }
}
