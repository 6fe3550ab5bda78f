import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// C2: one head is shown several times, each time with other signatures. What they add up to can be shown to others.
struct LateSignatureTests {
    /// A log of three heads, whose fourth is still to be published.
    static func log(_ dialect: CanonicalJSON = .jcs) throws -> TestLog {
        var log = try TestLog.honest(3, dialect: dialect)
        log.register("x")
        return log
    }

    /// Shows the head of a size once for each set of signers, then one of that size with another root.
    ///
    /// - Parameter change: what the first of them says otherwise than it should.
    static func show(
        _ versions: [[Int]], rival: [Int], of log: TestLog, _ server: ScriptedServer, _ harness: WatchHarness,
        _ change: (inout TestLog.Lies) -> Void = { _ in }
    ) async throws -> [LogReport] {
        var reports: [LogReport] = []
        for (index, signers) in (versions + [rival]).enumerated() {
            var view = log
            try view.publish {
                $0.signers = signers
                if index < versions.count { change(&$0) } else { $0.root = .sha256([1]) }
            }
            server.answer(view.script())
            reports.append(try await harness.poll(log.trust(), leaves: false))
        }
        return reports
    }

    /// All evidence that is no testimony is proved, and accuses nobody whose signatures it does not hold.
    static func expectProved(_ harness: WatchHarness, _ log: TestLog, _ kind: Evidence.Kind, _ guilty: [String]) throws
    {
        let checker = EvidenceChecker(trust: try log.trust())
        let files = try harness.evidence().filter { $0.kind != .rootMismatch }
        #expect(!files.isEmpty)
        for file in files {
            #expect(checker.check(file) == .proved(kind: kind, equivocating: guilty))
            #expect(file.equivocating == guilty)
        }
    }

    static func expectSound(_ harness: WatchHarness, _ log: TestLog) async throws {
        let check = try await StoreChecker(path: harness.store, trust: [log.trust()], jobs: 1).check()
        #expect(check.problems == [])
    }

    @Test(arguments: CanonicalJSON.allCases, [[0, 2], [1, 2], [0, 1]])
    func aForkFromAHeadWhoseSignaturesAddUp(dialect: CanonicalJSON, rival: [Int]) async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log(dialect)
            let harness = try WatchHarness(url: url)
            let reports = try await Self.show([[0], [1]], rival: rival, of: log, server, harness)
            #expect(reports.map(\.verifiedSize) == [3, 4, 4])
            #expect(reports.last?.rules.contains(.sameSizeDifferentRoot) == true)
            let guilty = rival.filter { $0 < 2 }.map { "cosigner_\($0)" }
            try Self.expectProved(harness, log, .sameSizeDifferentRoot, guilty)
            try await Self.expectSound(harness, log)
        }
    }

    /// A store may hold a head that was one before there was a bound of signatures: nothing is added to it, and no damage
    /// seen in it.
    @Test func aStoredHeadThatIsNoneAnyMore() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log()
            let harness = try WatchHarness(url: url)
            _ = try await Self.show([[0]], rival: [], of: log, server, harness)
            let store = try SQLiteStore(path: harness.store)
            let zeros = String(repeating: "0,", count: SignedTreeHead.maximumSignatures)
            try await store.pool.write {
                try $0.execute(
                    sql: """
                        UPDATE head_json SET json = CAST(replace(CAST(json AS TEXT), '"signatures":[{', ?) AS BLOB)
                        WHERE head = (SELECT id FROM heads WHERE tree_size = 4 AND signer_count = 1)
                        """, arguments: [#""signatures":[\#(zeros){"#])
                #expect($0.changesCount == 1)
            }
            var view = log
            try view.publish { $0.signers = [1] }
            server.answer(view.script())
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.verifiedSize == 4 && report.failure == nil)
        }
    }

    /// All in one answer: the version that makes the contradiction may be the last, and the rival the first.
    @Test(arguments: [[0, 1, 2], [0, 2, 1], [2, 0, 1], [1, 0, 2], [1, 2, 0], [2, 1, 0]])
    func versionsInOneAnswer(order: [Int]) async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log()
            var lies = TestLog.Lies()
            var lines: [String] = []
            for signers in [[0], [1], [1, 2]] {
                lies.signers = signers
                if lines.count == 2 { lies.root = .sha256([1]) }
                lines.append(try log.text(lies))
            }
            let heads = log.headLines + order.map { lines[$0] }
            let answer = "[\(heads.reversed().joined(separator: ","))]"
            server.answer { _ in .init(answer) }
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            try Self.expectProved(harness, log, .sameSizeDifferentRoot, ["cosigner_1"])
            try await Self.expectSound(harness, log)
        }
    }

    /// What is kept of the versions is bounded as a head is. Where no room is left, the fork is told, with evidence only as
    /// far as what is kept proves it.
    @Test(arguments: [([0, 2], ["cosigner_0"]), ([1, 2], [String]())])
    func aHeadWithoutRoom(rival: [Int], guilty: [String]) async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.log()
            func padded(_ count: Int) -> String { #"{"t":2,"n":3,"pad":"\#(String(repeating: "x", count: count))"}"# }
            var lies = TestLog.Lies()
            lies.signers = [0]
            lies.policy = padded(0)
            let others = try log.text(lies).utf8.count
            let policy = padded((64 << 10) - 40 - others)
            let harness = try WatchHarness(url: url)
            let reports = try await Self.show([[0], [1]], rival: rival, of: log, server, harness) { $0.policy = policy }
            #expect(reports.map(\.verifiedSize) == [3, 4, 4])
            #expect(reports.last?.rules.contains(.sameSizeDifferentRoot) == true)
            if guilty.isEmpty {
                #expect(try harness.evidence().isEmpty)
            } else {
                try Self.expectProved(harness, log, .sameSizeDifferentRoot, guilty)
            }
            try await Self.expectSound(harness, log)
        }
    }

    /// A quorum may add up over heads of one size and root too, on the side of the larger tree: the file shows the head that
    /// a signer of the wrong one signed. It may be of an earlier poll, and not among the heads of this answer.
    @Test(arguments: [false, true]) func aWrongRootBesideALargerQuorumThatAddsUp(isLate: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(19)
            log.register("20")
            try log.publish {
                $0.root = .sha256([1])
                $0.signers = [0, 2]
            }
            for id in 21...59 where isLate {
                log.register("\(id)")
                try log.publish()
            }
            log.register("newest")
            for signer in [0, 1] { try log.publish { $0.signers = [signer] } }
            let harness = try WatchHarness(url: url)
            let late = [log.prefix(5).script(cap: 20), log.script(cap: 20), log.prefix(25).script(cap: 20)]
            for script in isLate ? late : [log.script()] {
                server.answer(script)
                _ = try await harness.poll(log.trust())
            }
            try Self.expectProved(harness, log, .inconsistent, ["cosigner_0"])
        }
    }

    /// The same of a head that somebody else was shown.
    @Test func aHeardHeadBesideALargerQuorumThatAddsUp() async throws {
        var log = try TestLog.honest(5)
        var other = log
        for id in ["x", "y", "z"] { log.register(id) }
        for signer in [0, 1] { try log.publish { $0.signers = [signer] } }
        for id in ["v", "w"] { other.register(id) }
        let heard = try other.publish { $0.signers = [0, 2] }.value.bytes()
        let shown = log
        try await GossipNode.alone(shown, shown.script()) { node, desk, watcher in
            let answer = try await watcher.compare(heard, from: "submission", desk.store, desk.limits)
            #expect(answer == .conflict)
            try Self.expectProved(node.harness, shown, .inconsistent, ["cosigner_0"])
        }
    }
}
