import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// What is stored of a log's leaves is looked for anew, now and then: whoever exchanges a key in an old line changes no root.
struct RecheckTests {
    private static let begun: UInt64 = 1_700_001_000
    private static let hour: UInt64 = 3_600

    /// Two logs of so many registrations, which differ in one key.
    private static func logs(_ size: Int, exchanged: Int) throws -> (honest: TestLog, edited: TestLog) {
        var (honest, edited) = (TestLog(), TestLog())
        for index in 0..<size {
            honest.register("user\(index)@test")
            edited.register("user\(index)@test", key: index == exchanged ? [UInt8](repeating: 7, count: 32) : nil)
        }
        try honest.publish()
        return (honest, edited)
    }

    /// How often the registrations were asked for from the first one on.
    private static func readings(_ server: ScriptedServer) -> Int {
        server.asked.count { $0.path == "/tile/0/000" || $0.range?.hasPrefix("bytes=0-") == true }
    }

    private static func configuration(_ harness: WatchHarness, _ log: TestLog, isTiled: Bool) throws
        -> WatchConfiguration
    {
        var configuration = try harness.configuration([("log", log.trust(), "")])
        if isTiled { configuration.logs[0].leaves = WatchConfiguration.Log.tiles }
        return configuration
    }

    @Test(arguments: [true, false]) func anOldLineThatIsExchanged(isTiled: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let logs = try Self.logs(300, exchanged: 20)
            var honest = logs.honest
            server.answer(honest.script())
            let harness = try WatchHarness(url: url)
            let configuration = try Self.configuration(harness, honest, isTiled: isTiled)
            func poll(_ hours: UInt64) async throws -> LogReport {
                try #require(try await harness.poll(configuration, now: Self.begun + hours * Self.hour).first)
            }
            #expect(try await poll(0).verifiedSize == 300)
            var edited = logs.edited
            for index in 300..<310 {
                honest.register("user\(index)@test")
                edited.register("user\(index)@test")
            }
            try honest.publish()
            // Heads of the one tree, leaves of the other.
            let (heads, leaves) = (honest.script(), edited.script())
            server.answer { $0.path == "/sth/chain" ? heads($0) : leaves($0) }
            let unknowing = try await poll(1)
            #expect(unknowing.verifiedSize == 310 && unknowing.findings.isEmpty)
            #expect(Self.readings(server) == 1)
            let told = try await poll(40)
            #expect(told.rules == [.leavesChanged] && told.failure == nil)
            #expect(told.findings.first?.finding.treeSize == 21)
            #expect(Self.readings(server) == 2)
            // Until it is due again, and then it is not told again.
            _ = try await poll(41)
            #expect(Self.readings(server) == 2)
            #expect(try await poll(80).rules == [.leavesChanged])
            #expect(Self.readings(server) == 3)
        }
    }

    @Test(arguments: [true, false]) func aLogThatKeepsItsLeaves(isTiled: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.logs(300, exchanged: 0).honest
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let configuration = try Self.configuration(harness, log, isTiled: isTiled)
            // Also where the clock was wrong when it was last looked for.
            for (hours, readings) in [(100, 1), (101, 1), (140, 2), (141, 2), (0, 3), (1, 3)] as [(UInt64, Int)] {
                let report = try #require(
                    try await harness.poll(configuration, now: Self.begun + hours * Self.hour).first)
                #expect(report.findings.isEmpty && report.failure == nil)
                #expect(Self.readings(server) == readings, "\(hours)")
            }
        }
    }

    /// One server of several may have less for a while.
    @Test func aFileThatEndsBefore() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.logs(30, exchanged: 0).honest
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let configuration = try Self.configuration(harness, log, isTiled: false)
            _ = try await harness.poll(configuration, now: Self.begun)
            server.answer(log.script(leaves: Array(log.leafLines.prefix(29))))
            var (first, told): (UInt64?, UInt64?)
            for step in (36 as UInt64)...64 where told == nil {
                let now = Self.begun + step * Self.hour / 2
                let report = try #require(try await harness.poll(configuration, now: now).first)
                #expect(report.failure == nil)
                if Self.readings(server) > 1 { first = first ?? now }
                if report.rules == [.leavesMissing] { told = now }
            }
            #expect(told == first.map { $0 + Self.hour })
            // A heartbeat is no end of it; that they are found again is.
            let store = try SQLiteStore(path: harness.store)
            func open() async throws -> [AlertKind] { try await store.openAlerts().map(\.kind) }
            var later = log
            try later.publish()
            server.answer(later.script(leaves: Array(log.leafLines.prefix(29))))
            _ = try await harness.poll(configuration, now: Self.begun + 33 * Self.hour)
            #expect(try await store.position(of: log.trust().logID).verifiedCount == 2)
            #expect(try await open() == [.rule(.leavesMissing)])
            server.answer(later.script())
            _ = try await harness.poll(configuration, now: Self.begun + 34 * Self.hour)
            #expect(try await open().isEmpty)
            // The next time it is told anew.
            server.answer(later.script(leaves: Array(log.leafLines.prefix(29))))
            _ = try await harness.poll(configuration, now: Self.begun + 80 * Self.hour)
            #expect(try await open() == [.rule(.leavesMissing)])
        }
    }

    /// Leaves that nobody needs are not missed by a poll, until nobody has seen them for a day; and what one vantage cannot
    /// read, another one can.
    @Test func leavesThatCannotBeFetched() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.logs(30, exchanged: 0).honest
            let honest = log.script()
            server.answer(honest)
            let harness = try WatchHarness(url: url)
            var configuration = try Self.configuration(harness, log, isTiled: false)
            configuration.vantages = ["a", "b"].map { name in
                VantageTests.vantage(name) { $0.interface = name == "a" ? "127.0.0.2" : "127.0.0.3" }
            }
            _ = try await harness.poll(configuration, now: Self.begun)
            func poll(_ hours: UInt64) async throws -> String? {
                try #require(try await harness.poll(configuration, now: Self.begun + hours * Self.hour).first).failure
            }
            // At the vantage that is chosen first, they are out of order.
            let chosen = Shared("")
            server.answer { question in
                guard question.path == "/users.jsonl" else { return honest(question) }
                if chosen.value.isEmpty { chosen.value = question.client ?? "" }
                return chosen.value == question.client ? .init("out of order", status: 500) : honest(question)
            }
            #expect(try await poll(31) == nil)
            #expect(!chosen.value.isEmpty)
            #expect(try await poll(32) == nil)
            let found = { try await SQLiteStore(path: harness.store).position(of: log.trust().logID).leavesFoundAt }
            #expect(try await found() == Self.begun)
            for hours in (33 as UInt64)...44 { #expect(try await poll(hours) == nil) }
            #expect(try await found() > Self.begun)
            server.answer { $0.path == "/users.jsonl" ? .init("out of order", status: 500) : honest($0) }
            #expect(try await poll(76) == nil)
            #expect(try await poll(110)?.contains("users.jsonl") == true)
        }
    }

    /// A large file is read in as many polls as it takes, each for a while, and at one vantage alone.
    @Test func aPartInEachPoll() async throws {
        try await ScriptedServer.run { server, url in
            let logs = try Self.logs(3_000, exchanged: 2_999)
            server.answer(logs.honest.script())
            let harness = try WatchHarness(url: url)
            var configuration = try Self.configuration(harness, logs.honest, isTiled: false)
            configuration.vantages = ["a", "b"].map { VantageTests.vantage($0) { _ in } }
            _ = try await harness.poll(configuration, now: Self.begun)
            configuration.limits.leavesTime = 0
            configuration.limits.leavesChunk = 200_000
            let lines = Array(logs.honest.leafLines.dropLast()) + [logs.edited.leafLines[2_999]]
            server.answer(logs.honest.script(leaves: lines))
            let earlier = server.asked.count
            let store = try SQLiteStore(path: harness.store)
            let logID = try logs.honest.trust().logID
            try await harness.watch(configuration, now: Self.begun + 40 * Self.hour) {
                #expect(await eventually { (try? await store.findings(of: logID).isEmpty) == false })
            }
            #expect(try await store.findings(of: logID).map(\.finding.treeSize) == [3_000])
            let asked = server.asked.dropFirst(earlier).compactMap(\.range)
            #expect(asked.count { $0.hasPrefix("bytes=0-") } == 1 && asked.count > 2)
        }
    }
}
