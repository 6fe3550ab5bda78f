import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Auditing
@testable import Watching

/// An audit of a watcher's database says of links what the watcher said, and accuses nobody of what it was not shown.
struct StoreAuditTests {
    /// The rules that an audit of the database finds broken, in the order of its heads.
    private static func audit(_ harness: WatchHarness, _ log: TestLog, leaves: Bool = false) async throws -> [Rule] {
        let input = Audit.HeadInput.store(harness.store, log: "log")
        let inputs = Audit.Inputs(
            trust: try log.trust(), heads: input, leaves: leaves ? .store(harness.store, log: "log") : nil,
            now: 1_700_001_000)
        return try await Audit.run(inputs).findings.map(\.rule)
    }

    @Test func aGapIsNoBrokenLinkAndABrokenLinkIsNoGap() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(60)
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(20).script(cap: 10))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.script(cap: 10))
            let gap = try await harness.poll(log.trust(), leaves: false)
            #expect(gap.rules == [.chainGap, .chainGap])
            #expect(try await Self.audit(harness, log) == [.chainGap, .chainGap])
            log.register("x")
            try log.publish { $0.previous = Digest.sha256([1]).base64 }
            server.answer(log.script(cap: 10))
            let broken = try await harness.poll(log.trust(), leaves: false)
            #expect(broken.rules == [.chainGap, .chainGap, .linkBroken])
            #expect(try await Self.audit(harness, log) == [.chainGap, .chainGap, .linkBroken])
        }
    }

    /// A head that is contested for another reason broke no link by that.
    @Test func aContestedHeadBehindAGap() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(6)
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(5).script())
            _ = try await harness.poll(log.trust())
            log.register("x")
            try log.publish { $0.root = .sha256([9]) }
            log.register("y")
            try log.publish()
            server.answer(log.script(cap: 2))
            let report = try await harness.poll(log.trust())
            #expect(Set(report.rules) == [.chainGap, .rootMismatch, .inconsistent])
            #expect(try await Self.audit(harness, log, leaves: true) == [.chainGap, .rootMismatch])
        }
    }

    /// Of two heartbeats of one size the later one was shown first.
    @Test func aParentThatWasStoredAfterItsChild() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish()
            try log.publish()
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(3).script())
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.script(cap: 1))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.prefix(4).script(cap: 1))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.chainGap] && report.verifiedHeads == 5)
            #expect(try await Self.audit(harness, log) == [])
        }
    }

    /// A heartbeat of the first head was shown before that.
    @Test func aFirstHeadThatWasStoredBehindItsHeartbeat() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            try log.publish()
            try log.publish()
            let harness = try WatchHarness(url: url)
            server.answer(log.script(cap: 1))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.prefix(1).script())
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.chainGap] && report.verifiedHeads == 2)
            #expect(try await Self.audit(harness, log) == [.chainGap])
        }
    }

    /// An audit beside a running watcher sees one moment of its database, in which heads have their leaves.
    @Test func aStoreThatGrowsMeanwhile() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(600)
            let harness = try WatchHarness(url: url)
            server.answer(log.prefix(300).script())
            _ = try await harness.poll(log.trust())
            let heads = try HeadLines(.store(harness.store, log: "log"), logID: log.trust().logID)
            let leaves = try LeafCursor(.store(harness.store, log: "log"), logID: log.trust().logID)
            // Into the second tile, which is not full yet.
            #expect(try heads.next() != nil)
            #expect(try leaves.advance(to: 290).isEmpty)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust()).verifiedSize == 600)
            var count = 1
            while try heads.next() != nil { count += 1 }
            #expect(count == 300)
            #expect(try leaves.advance(to: .max).isEmpty)
            #expect(leaves.count == 300 && leaves.tree.check(log.heads[299]) == nil)
            #expect(try await Self.audit(harness, log, leaves: true) == [])
        }
    }

    /// A log that was set up anew under its old name: the trust file says which of the two is meant.
    @Test func twoLogsOfOneName() async throws {
        try await ScriptedServer.run { server, url in
            let harness = try WatchHarness(url: url)
            var anew = TestLog(firstSeed: 50)
            anew.register("x")
            try anew.publish()
            for log in [try TestLog.honest(3), anew] {
                server.answer(log.script())
                _ = try await harness.poll(log.trust())
            }
            for (log, heads) in [(try TestLog.honest(3), 3), (anew, 1)] {
                let inputs = Audit.Inputs(
                    trust: try log.trust(), heads: .store(harness.store, log: "log"),
                    leaves: .store(harness.store, log: "log"), now: 1_700_001_000)
                let report = try await Audit.run(inputs)
                #expect(report.verdict == .clean && report.headsChecked == heads)
            }
            let other = Audit.Inputs(
                trust: try TestLog(firstSeed: 60).trust(), heads: .store(harness.store, log: "log"), leaves: nil, now: 0
            )
            await #expect {
                try await Audit.run(other)
            } throws: { "\($0)".contains("give the trust file of the same keys") }
        }
    }

    /// A fork stays one, whichever side of it retention has thinned.
    @Test(arguments: [true, false]) func aForkWhoseOtherSideIsThinned(isThinned: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let common = try TestLog.honest(10)
            var (log, fork) = (common, common)
            for name in ["a", "b"] { log.register(name) }
            try log.publish()
            log.register("c")
            try log.publish()
            // Its root is that of a true prefix: two heads continue one.
            fork.register("a")
            try fork.publish()
            let harness = try WatchHarness(url: url)
            for view in [log, fork] {
                server.answer(view.script())
                _ = try await harness.poll(log.trust())
            }
            if isThinned { #expect(try await RetentionTests.thin(harness) > 5) }
            #expect(try await Self.audit(harness, log, leaves: true) == [.branch])
        }
    }

    /// What a disk did to the database is told as that, and no fault of the log's.
    @Test(arguments: [
        "UPDATE head_json SET json = replace(json, 'cosigner_0', 'cosigner_9') WHERE head = 2",
        "UPDATE leaf_tiles SET hashes = substr(hashes, 33) WHERE tile = 0",
        "DELETE FROM leaf_tiles WHERE tile = 0",
    ])
    func aDamagedDatabase(sql: String) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(300)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            let queue = try DatabaseQueue(path: harness.store)
            try await queue.write { try $0.execute(sql: sql) }
            await #expect {
                try await Self.audit(harness, log, leaves: true)
            } throws: { "\($0)".contains("is damaged at") }
        }
    }

    /// A report names its inputs by their hashes, which know nothing of what lies beside the database.
    @Test func aReportOfAStore() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(201)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let trust = try harness.folder.write(log.trust().json.bytes(), to: "trust.json")
            let input = Audit.Inputs(
                trust: try log.trust(), heads: .store(harness.store, log: "log"),
                leaves: .store(harness.store, log: "log"), now: 0)
            let run = ReportRun(
                trustInput: try InputFile(role: .trust, path: trust), audit: input, created: 1_700_009_000)
            let open = try SQLiteStore(path: harness.store)
            _ = try await harness.poll(log.trust())
            _ = try await RetentionTests.thin(harness)
            await #expect {
                try await run()
            } throws: { error in
                "\(error)".contains("watch.db-wal") && "\(error)".contains("VACUUM INTO")
            }
            _ = try await open.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            let report = try await run()
            #expect(report.audit.verdict == .clean)
            let reasons = Dictionary(uniqueKeysWithValues: report.rules.map { ($0.rule, $0.reason) })
            for rule: Rule in [.leafMalformed, .leafHashMismatch] {
                #expect(reasons[rule]?.hasPrefix("registrations not read") == true)
            }
            for rule: Rule in [.quorumNotMet, .signatureInvalid, .rootMismatch, .linkBroken, .leavesMissing] {
                #expect(reasons[rule] == "in part: 196 heads of which a watcher's retention kept hash and root alone")
            }
        }
    }

    @Test func aSizeThatRegresses() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            let root = log.heads[2].root
            try log.publish {
                $0.treeSize = "3"
                $0.root = root
            }
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust(), leaves: false).rules == [.sizeRegressed])
            #expect(try await Self.audit(harness, log) == [.sizeRegressed])
        }
    }
}
