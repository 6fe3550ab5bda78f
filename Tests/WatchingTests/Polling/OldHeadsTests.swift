import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// Heads that are old, and are judged by what comes late: other heads, keys, leaves.
struct OldHeadsTests {
    private static let junk = Digest.sha256([0xBA, 0xD0])
    private static let nowhere = Digest.sha256([0x0F]).base64

    /// The answers to the calls of a poll, whatever its limit: the newest head first.
    static func script(_ heads: [String], _ leaves: [String]?) -> ScriptedServer.Script {
        let users = leaves.map { $0.map { $0 + "\n" }.joined() }
        return { question in
            switch question.path {
            case "/sth/chain": .init("[\(heads.joined(separator: ","))]")
            case "/users.jsonl": users.map { .init($0) } ?? .init("out of order", status: 500)
            default: .init("not here", status: 404)
            }
        }
    }

    /// Ten registrations, and heads of the sizes 5 and 10.
    private static func sparse() throws -> TestLog {
        var log = TestLog()
        for size in 1...10 {
            log.register("user\(size)")
            if size % 5 == 0 { try log.publish() }
        }
        return log
    }

    /// A head of a smaller size that no tree of the log has, behind a head that nobody knows.
    private static func forged(_ size: Int, behind log: TestLog, signers: [Int] = [0, 1]) throws -> String {
        try log.text(
            {
                var lies = TestLog.Lies()
                lies.treeSize = "\(size)"
                lies.root = junk
                lies.previous = nowhere
                lies.signers = signers
                return lies
            }())
    }

    /// What the files of evidence prove to who has the log's keys.
    private static func proved(_ harness: WatchHarness, _ log: TestLog) throws -> [Evidence.Kind] {
        let checker = EvidenceChecker(trust: try log.trust())
        return try harness.evidence().compactMap {
            if case .proved(let kind, _) = checker.check($0) { kind } else { nil }
        }
    }

    /// A key that a cosigner changes to.
    private static let newKey = TestLog(firstSeed: 60).keys[0]

    /// A head that some keys signed under the names of cosigners.
    private static func signed(
        _ log: TestLog, by signers: [(Int, Ed25519.PrivateKey)], root: Digest? = nil, time: UInt64? = nil
    ) throws -> TestLog.Lies {
        var lies = TestLog.Lies()
        (lies.root, lies.timestamp, lies.signatures) = (root, time, "[]")
        let hash = try SignedTreeHead(JSONReader.parse(Array(log.text(lies).utf8))).hash(log.dialect)
        let list = signers.map { index, key in
            #"{"cosigner":"cosigner_\#(index)","sig":"\#(Base64.encode(key.signature(for: hash.bytes)))"}"#
        }
        lies.signatures = "[\(list.joined(separator: ","))]"
        return lies
    }

    /// A log with a cosigner who changes to the new key at size 4. At every eighth size it is the others who sign, and heads have their
    /// quorum all the time.
    private static func rotating(_ size: Int) throws -> TestLog {
        var log = try TestLog.honest(3)
        for size in 4...size {
            log.register("user\(size)")
            let first = size % 8 == 0 ? (2, log.keys[2]) : (0, newKey)
            let head = try signed(log, by: [first, (1, log.keys[1])])
            try log.publish { $0 = head }
        }
        return log
    }

    /// The trust file that knows of the new key, from size 4 on.
    private static func rotated(_ log: TestLog) throws -> TrustFile {
        var cosigners = try log.trust().cosigners
        cosigners[0] = .init(id: "cosigner_0", publicKey: log.keys[0].publicKey, untilTreeSize: 3)
        cosigners.append(.init(id: "cosigner_0", publicKey: newKey.publicKey, fromTreeSize: 4))
        return try log.trust(cosigners: cosigners)
    }

    private static func position(_ harness: WatchHarness, _ log: TestLog) async throws -> LogPosition {
        try await SQLiteStore(path: harness.store).position(of: log.trust().logID)
    }

    /// Leaves that were read for a root that they did not give vouch for no smaller head; and what such a head stood for is
    /// no fault of the database.
    @Test func aHeadAmongLeavesThatNobodyVouchesFor() async throws {
        try await ScriptedServer.run { server, url in
            var log = try Self.sparse()
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust()).verifiedSize == 10)
            let filler = Array(repeating: log.headLines[1], count: 1_023)
            let (known, newest) = (log.headLines[1], try log.heads[1].hash(log.dialect).base64)
            for size in 11...15 { log.register("user\(size)") }
            let loose = try log.text(
                {
                    var lies = TestLog.Lies()
                    lies.previous = Self.junk.base64
                    return lies
                }())
            for size in 16...20 { log.register("user\(size)") }
            let wrong = try log.text(
                {
                    var lies = TestLog.Lies()
                    (lies.root, lies.previous) = (Self.junk, newest)
                    return lies
                }())
            server.answer(Self.script([loose, "{}", wrong] + filler, log.leafLines))
            let second = try await harness.poll(log.trust())
            #expect(second.rules.contains(.rootMismatch) && second.failure == nil)
            let position = try await Self.position(harness, log)
            #expect(position.verifiedSize <= position.leafCount)
            server.answer(Self.script([known, try Self.forged(3, behind: log)], log.leafLines))
            let third = try await harness.poll(log.trust())
            let inconsistent = third.findings.filter { $0.finding.rule == .inconsistent }
            #expect(inconsistent.map(\.finding.treeSize) == [3] && third.failure == nil)
            #expect(try Self.proved(harness, log).contains(.inconsistent))
        }
    }

    /// One that was verified when no leaves were read is proved wrong by a head beyond what is stored: the position stands where it
    /// stood until that is stored too, or the next start would take the database for a damaged one.
    @Test func aVerifiedHeadAmongLeavesThatNobodyVouchesFor() async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            for size in 1...10 { log.register("user\(size)") }
            let blind = try log.publish { $0.root = Self.junk }.hash(log.dialect)
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 10)
            let filler = Array(repeating: log.headLines[0], count: 1_023)
            for size in 11...15 { log.register("user\(size)") }
            var lies = TestLog.Lies()
            lies.previous = Self.nowhere
            let loose = try log.text(lies)
            for size in 16...20 { log.register("user\(size)") }
            (lies.root, lies.previous) = (Self.junk, blind.base64)
            let wrong = try log.text(lies)
            server.answer(Self.script([loose, "{}", wrong] + filler, log.leafLines))
            let second = try await harness.poll(log.trust())
            #expect(second.rules.contains(.inconsistent) && second.failure == nil)
            let store = try SQLiteStore(path: harness.store)
            let position = try await store.position(of: log.trust().logID)
            #expect(position.verifiedHash == blind && position.leafCount == 0)
            let stored = try #require(try await store.heads([blind], logID: log.trust().logID).first)
            #expect(stored.state == .verified)
            // Once the right root is stored, it is the other that the position stands at.
            server.answer(Self.script([loose] + log.headLines, log.leafLines))
            #expect(try await harness.poll(log.trust()).failure == nil)
            let later = try await Self.position(harness, log)
            #expect(later.verifiedSize == 15 && later.leafCount == 15)
            #expect(try await store.heads([blind], logID: log.trust().logID).first?.state == .contested)
        }
    }

    /// What stored leaves prove needs no others: neither a failing server nor heads beyond these leaves put it off.
    @Test(arguments: [true, false]) func whatStoredLeavesProve(isBeyond: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try Self.sparse()
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust()).verifiedSize == 10)
            for size in 11...20 {
                log.register("user\(size)")
                try log.publish()
            }
            if isBeyond {
                // The leaves are not looked at for a while: what is verified then is larger than what is stored of them.
                server.answer(log.script())
                #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 20)
            }
            server.answer(Self.script(log.headLines.reversed() + [try Self.forged(3, behind: log)], nil))
            let report = try await harness.poll(log.trust())
            #expect(report.failure?.contains("users.jsonl") == true)
            let inconsistent = report.findings.filter { $0.finding.rule == .inconsistent }
            #expect(inconsistent.map(\.finding.treeSize) == [3])
            #expect(inconsistent.first?.finding.expected == "a prefix of the tree of size \(isBeyond ? 5 : 10)")
        }
    }

    /// Leaves that are stored are of use while no others are read.
    @Test func leavesThatAreSwitchedOff() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.sparse()
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust()).verifiedSize == 10)
            server.answer(Self.script(log.headLines.reversed() + [try Self.forged(3, behind: log)], nil))
            let report = try await harness.poll(log.trust(), leaves: false)
            let inconsistent = report.findings.filter { $0.finding.rule == .inconsistent }
            #expect(inconsistent.map(\.finding.treeSize) == [3] && report.failure == nil)
            #expect(report.verifiedHeads == 2)
            #expect(try Self.proved(harness, log) == [.inconsistent])
        }
    }

    /// A known head behind one that cannot be read is the place that the next one must continue.
    @Test(arguments: [true, false]) func aKnownHeadBehindAnUnreadableOne(isLinked: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try Self.sparse()
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            _ = try await harness.poll(log.trust(), leaves: false)
            log.register("x")
            try log.publish { if !isLinked { $0.previous = Self.nowhere } }
            let lines = log.headLines
            server.answer(Self.script([lines[2], lines[1], "{}", lines[0]], nil))
            let rules = try await harness.poll(log.trust(), leaves: false).rules
            #expect(Set(rules) == (isLinked ? [.headMalformed] : [.headMalformed, .linkBroken]))
        }
    }

    /// Heads that were believed before anybody read the leaves are held against them, however many there are, before it is
    /// said that all roots were recomputed.
    @Test(arguments: [5, 1_060]) func leavesThatComeLate(wrong: UInt64) async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            for size in 1...UInt64(1_100) {
                log.register("user\(size)")
                try log.publish { if size == wrong { $0.root = Self.junk } }
            }
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            let blind = try await harness.poll(log.trust(), leaves: false, now: 1_700_010_000)
            #expect(blind.rules.isEmpty && blind.verifiedSize == 1_100)
            // With a new head, whose root would vouch for all leaves before it.
            log.register("late")
            try log.publish()
            server.answer(log.script())
            let report = try await harness.poll(log.trust(), now: 1_700_010_000)
            #expect(Set(report.rules) == [.rootMismatch, .inconsistent] && report.failure == nil)
            #expect(report.findings.allSatisfy { $0.finding.treeSize == wrong })
            let position = try await Self.position(harness, log)
            #expect(position.leafCount == 1_101 && position.assurance == .rootsRecomputed)
            let again = try await harness.poll(log.trust(), now: 1_700_010_000)
            #expect(again.findings.count == report.findings.count && again.failure == nil)
            // A store that caught a lie is a sound one.
            let check = try await StoreChecker(path: harness.store, trust: [log.trust()], jobs: 1).check()
            #expect(check.problems == [])
        }
    }

    /// A head whose cosigner had a key that was pinned late is judged again, and contradicts others from then on.
    @Test func aKeyThatIsPinnedLate() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            let harness = try WatchHarness(url: url)
            let before = try log.trust()
            server.answer(log.script())
            _ = try await harness.poll(before)
            log.register("user4")
            let other = try log.text(Self.signed(log, by: [(0, Self.newKey), (2, log.keys[2])], root: Self.junk))
            let honest = try Self.signed(log, by: [(0, Self.newKey), (1, log.keys[1])])
            try log.publish { $0 = honest }
            server.answer(log.script())
            let early = try await harness.poll(before)
            #expect(Set(early.rules) == [.quorumNotMet, .signatureInvalid] && early.verifiedSize == 3)
            let after = try Self.rotated(log)
            let late = try await harness.poll(after)
            #expect(late.findings.count == early.findings.count && late.verifiedSize == 4)
            server.answer(Self.script([other] + log.headLines.reversed(), log.leafLines))
            let forked = try await harness.poll(after)
            #expect(forked.rules.contains(.sameSizeDifferentRoot))
        }
    }

    /// All heads that came before a key was pinned are judged anew, and not those alone that the log shows again.
    @Test func manyHeadsBeforeAKeyIsPinned() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.rotating(403)
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 400)
            server.answer(Self.script(log.headLines.suffix(1), nil))
            let late = try await harness.poll(Self.rotated(log), leaves: false)
            #expect(late.failure == nil && late.verifiedSize == 403 && late.verifiedHeads == 403)
        }
    }

    /// Behind heads that are missing, a head that gets its quorum late leaves a gap, as one that had it at once: what comes before it
    /// may come late.
    @Test func aGapBeforeAHeadThatIsJudgedAnew() async throws {
        try await ScriptedServer.run { server, url in
            let log = try Self.rotating(6)
            let harness = try WatchHarness(url: url)
            server.answer(Self.script([log.headLines[4]], nil))
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 0)
            server.answer(Self.script(log.headLines.reversed(), nil))
            let whole = try await harness.poll(Self.rotated(log), leaves: false)
            #expect(!whole.rules.contains(.linkBroken) && whole.failure == nil)
            #expect(whole.verifiedSize == 6 && whole.verifiedHeads == 6)
        }
    }

    /// The other side of a fork that was told of gets its quorum late: the position stays on the side where it stands.
    @Test func aForkWhoseOtherSideIsJudgedAnew() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            let harness = try WatchHarness(url: url)
            log.register("user4")
            let other = try log.text(
                Self.signed(log, by: [(0, Self.newKey), (2, log.keys[2])], root: Self.junk, time: 1_700_000_900))
            let standing = try log.publish { $0.signers = [1, 2] }.hash(log.dialect)
            let lines = log.headLines
            for heads in [lines[..<3].reversed(), [other, lines[2]], [lines[3], lines[2]]] {
                server.answer(Self.script(heads, nil))
                _ = try await harness.poll(log.trust(), leaves: false)
            }
            #expect(try await Self.position(harness, log).verifiedHash == standing)
            _ = try await harness.poll(Self.rotated(log), leaves: false)
            #expect(try await Self.position(harness, log).verifiedHash == standing)
            let store = try SQLiteStore(path: harness.store)
            let hash = try SignedTreeHead(JSONReader.parse(Array(other.utf8))).hash(log.dialect)
            #expect(try await store.heads([hash], logID: log.trust().logID).first?.state == .contested)
        }
    }

    /// Once under each trust file, and not at each start.
    @Test func aHeadWithoutAQuorumIsJudgedAnewOnce() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            log.register("x")
            try log.publish { $0.signers = [0] }
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            let trust = try log.trust()
            for _ in 0..<2 { #expect(try await harness.poll(trust).rules == [.quorumNotMet]) }
            let store = try SQLiteStore(path: harness.store)
            #expect(try await store.unsettled(of: trust.logID, under: .sha256(trust.json.bytes())).isEmpty)
            #expect(try await store.unsettled(of: trust.logID, under: Self.junk).count == 1)
        }
    }

    /// A log that begins anew is no older part of its chain, also where the watch began in the middle: its heads are younger than
    /// what is verified.
    @Test(arguments: [(1_700_000_900, [Rule.linkBroken]), (1_700_000_050, [])] as [(UInt64, [Rule])])
    func aChainThatBeginsAnew(time: UInt64, rules: [Rule]) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            let harness = try WatchHarness(url: url)
            server.answer(Self.script([log.headLines[5]], nil))
            #expect(try await harness.poll(log.trust(), leaves: false).rules == [.chainGap])
            var anew = TestLog()
            anew.register("somebody")
            try anew.publish { $0.timestamp = time }
            server.answer(Self.script(anew.headLines, nil))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules.filter { $0 != .chainGap } == rules)
        }
    }

    /// Signatures that add up to a quorum on the wrong side of a fork make none of its heads believed.
    @Test func aQuorumThatAddsUpOnTheOtherSide() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(4)
            let before = log
            log.register("a")
            let standing = try log.publish().hash(log.dialect)
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 5)
            // Two heads of one root behind the same head; one cosigner signed both sides, and the second of these not.
            var other = before
            other.register("b")
            var lies = TestLog.Lies()
            lies.signers = [0, 2]
            let first = try other.text(lies)
            (lies.signers, lies.timestamp) = ([2], 1_700_000_900)
            let second = try other.text(lies)
            server.answer(Self.script([second, first] + log.headLines.reversed(), nil))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.sameSizeDifferentRoot])
            #expect(try await Self.position(harness, log).verifiedHash == standing)
        }
    }

    /// Neither many heads of other sizes, signed or not, nor many of its own size hide the head that a new one contradicts.
    @Test func aForkBehindManyHeads() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(50)
            for _ in 0..<100 { try log.publish() }
            for size in 51...60 {
                log.register("user\(size)")
                try log.publish()
            }
            let harness = try WatchHarness(url: url)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 60)
            let store = try SQLiteStore(path: harness.store)
            let rivals = try await store.rivals(of: log.trust().logID, sizes: [50, 60], limit: 64)
            #expect(
                Set(rivals.map(\.known.treeSize)) == [50, 60] && rivals.count == 2, "those alike stand for each other")
            server.answer(Self.script([log.headLines.last ?? "", try Self.forged(50, behind: log)], log.leafLines))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules.contains(.sameSizeDifferentRoot))
            #expect(try Self.proved(harness, log) == [.sameSizeDifferentRoot])
        }
    }
}
