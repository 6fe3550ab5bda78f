import Foundation
import HostileLog
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// The cases that have bitten programs of this kind, through real HTTP and SQLite.
struct CaseTests {
    @Test(arguments: CanonicalJSON.allCases, [true, false])
    func anHonestLog(dialect: CanonicalJSON, leaves: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(40, dialect: dialect)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let first = try await harness.poll(log.trust(), leaves: leaves)
            #expect(first.failure == nil)
            #expect(first.verifiedSize == 40 && first.verifiedHeads == 40)
            #expect(first.rules == (dialect == .shallow ? [.policyUnsigned] : []))
            for index in 0..<3 {
                log.register("more\(index)")
                try log.publish()
            }
            server.answer(log.script())
            let before = server.asked.count
            let second = try await harness.poll(log.trust(), leaves: leaves)
            #expect(second.verifiedSize == 43 && second.verifiedHeads == 43 && second.exitCode == 0)
            // One request for the heads, and one for the new registrations alone.
            let asked = server.asked[before...]
            #expect(asked.count { $0.path == "/sth/chain" } == 1)
            #expect(asked.count { $0.path == "/users.jsonl" && $0.range != nil } == (leaves ? 1 : 0))
        }
    }

    /// C1 (a): a lagging replica serves an old head. Nothing goes back, and nobody is called.
    @Test func aLaggingReplica() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(100)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            server.answer(log.prefix(80).script())
            let report = try await harness.poll(log.trust())
            #expect(report.verifiedSize == 100 && report.rules.isEmpty && report.failure == nil)
        }
    }

    /// C1 (b): an old size with another root is equivocation, with both heads as evidence.
    @Test(arguments: [true, false])
    func aSmallerHeadWithAnotherRoot(leaves: Bool) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(100)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: leaves)
            var forked = log.prefix(79)
            forked.register("another")
            try forked.publish { $0.signers = [1, 2] }
            server.answer(forked.script())
            let report = try await harness.poll(log.trust(), leaves: leaves)
            #expect(report.rules == [.sameSizeDifferentRoot])
            #expect(report.verifiedSize == 100)
            let evidence = try #require(try harness.evidence().first)
            #expect(evidence.heads.count == 2)
            let verdict = EvidenceChecker(trust: try log.trust()).check(evidence)
            #expect(verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_1"]))
            #expect(harness.registry.render().contains("nexo_watch_fork_detected{log=\"log\"} 1\n"))
            // Told once, and latched over restarts.
            _ = try await harness.poll(log.trust(), leaves: leaves)
            #expect(try harness.alerts(.sameSizeDifferentRoot).count == 1)
            #expect(harness.registry.render().contains("nexo_watch_fork_detected{log=\"log\"} 1\n"))
        }
    }

    /// C2: a heartbeat is fresh again, its signatures add up, and nobody is called.
    @Test func aHeartbeat() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let stale = try await harness.poll(log.trust(), maxHeadAge: 600, now: 1_700_001_000)
            #expect(stale.rules == [.headStale] && stale.exitCode == 0)
            try log.publish {
                $0.signers = [1, 2]
                $0.timestamp = 1_700_000_900
            }
            server.answer(log.script())
            let report = try await harness.poll(log.trust(), maxHeadAge: 600, now: 1_700_001_010)
            #expect(report.verifiedSize == 3 && report.verifiedHeads == 4 && report.rules == [.headStale])
            #expect(harness.registry.render().contains("nexo_watch_head_timestamp_seconds{log=\"log\"} 1700000900\n"))
        }
    }

    /// C3: an empty log just starts.
    @Test func anEmptyLogStarts() async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            server.answer { _ in .init(#"{"detail":"No STH found"}"#, status: 404) }
            let harness = try WatchHarness(url: url)
            let nothing = try await harness.poll(log.trust())
            #expect(nothing.failure == nil && nothing.rules.isEmpty && nothing.exitCode == 3)
            try log.publish()
            server.answer(log.script())
            let empty = try await harness.poll(log.trust())
            #expect(empty.rules.isEmpty && empty.verifiedHeads == 1 && empty.verifiedSize == 0)
            log.register("first")
            try log.publish()
            server.answer(log.script())
            let started = try await harness.poll(log.trust())
            #expect(started.rules.isEmpty && started.verifiedSize == 1 && started.exitCode == 0)
        }
    }

    /// Also for who reads no leaves. The head is not verified; what continues it is, since its quorum signed that head's hash.
    @Test(arguments: [true, false]) func anEmptyLogWithAnUnknownRoot(leaves: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = TestLog()
            try log.publish { $0.root = .sha256([1]) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust(), leaves: leaves)
            #expect(report.rules == [.emptyRootUnknown] && report.exitCode == 1 && report.verifiedHeads == 0)
            log.register("x")
            try log.publish()
            server.answer(log.script())
            let next = try await harness.poll(log.trust(), leaves: leaves)
            #expect(next.rules == [.emptyRootUnknown] && next.verifiedHeads == 1 && next.verifiedSize == 1)
        }
    }

    /// C7: one leaf served has one flipped bit. The evidence names the first size; the other log is untouched.
    @Test func aFlippedLeaf() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(9)
            var leaves = log.leafLines
            leaves[4] = leaves[4].replacing("user4@test", with: "user5@test").replacing(
                #","leaf_hash":"\#(log.registrations[4].leafHash.base64)""#, with: "")
            let bad = log.script(leaves: leaves)
            let harness = try WatchHarness(url: url)
            var honest = TestLog(dialect: .shallow, firstSeed: 90)
            for index in 0..<5 {
                honest.register("b\(index)")
                try honest.publish()
            }
            let honestScript = honest.script()
            server.answer { question in
                var inner = question
                inner.path = String(question.path.dropFirst(2))
                return question.path.hasPrefix("/a") ? bad(inner) : honestScript(inner)
            }
            let reports = try await harness.poll(
                harness.configuration([("a", log.trust(), "/a"), ("b", honest.trust(), "/b")]))
            #expect(reports[0].rules == Array(repeating: .rootMismatch, count: 5))
            #expect(reports[0].findings.first?.finding.treeSize == 5)
            #expect(reports[0].verifiedSize == 4)
            #expect(reports[1].rules == [.policyUnsigned] && reports[1].verifiedSize == 5)
            let evidence = try harness.evidence()
            #expect(evidence.map(\.kind) == [.rootMismatch])
            #expect(evidence.first?.heads.first?.head["tree_size"]?.plainInteger == 5)
            #expect(evidence.first?.leaves?.count == 5)
        }
    }

    /// A wrong root at one size, with a right one behind it: the later root binds the leaves, and proves the lie.
    @Test func aWrongRootAtOneSizeIsProved() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            log.register("x")
            try log.publish { $0.root = .sha256([1]) }
            log.register("y")
            try log.publish()
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust())
            #expect(report.rules == [.rootMismatch, .inconsistent])
            let checker = EvidenceChecker(trust: try log.trust())
            let verdicts = try harness.evidence().map(checker.check)
            #expect(
                verdicts.contains(.proved(kind: .inconsistent, equivocating: ["cosigner_0", "cosigner_1"])))
        }
    }

    /// C8: the same URL serves size 1 under new keys. No rollback, and a finding for the operator.
    @Test func aLogThatIsRedeployed() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            var other = TestLog(firstSeed: 77)
            other.register("new")
            try other.publish()
            server.answer(other.script())
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules.contains(.logIdentityChanged))
            #expect(report.verifiedSize == 4 && report.verifiedHeads == 4)
            #expect(!report.rules.contains(.sameSizeDifferentRoot), "another log's head contradicts nobody")
            // It is mended, and happens again: that is another finding.
            var grown = log
            grown.register("y")
            try grown.publish()
            server.answer(grown.script())
            #expect(try await harness.poll(log.trust(), leaves: false).verifiedSize == 5)
            server.answer(other.script())
            _ = try await harness.poll(log.trust(), leaves: false)
            let store = try SQLiteStore(path: harness.store)
            let findings = try await store.findings(of: log.trust().logID)
            #expect(findings.count { $0.finding.rule == .logIdentityChanged } == 2)
        }
    }

    /// Signatures add up over heads of one size and root; a head that nobody signed borrows none: else its time, which nobody
    /// signed either, would keep a log fresh for ever.
    @Test func headsThatNobodySigned() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            let harness = try WatchHarness(url: url)
            let newest = try #require(log.heads.last)
            let hash = try newest.hash(log.dialect)
            for index in 1...150 {
                try log.publish {
                    $0.timestamp = newest.timestamp + UInt64(index)
                    $0.signatures = #"[{"cosigner":"cosigner_0","sig":"\#(String(repeating: "A", count: 86))=="}]"#
                }
            }
            server.answer(log.script())
            for _ in 0..<2 {
                let report = try await harness.poll(log.trust(), leaves: false)
                #expect(report.verifiedSize == 3 && report.verifiedHeads == 3)
            }
            // It opens, and holds together.
            let store = try SQLiteStore(path: harness.store)
            #expect(try await store.position(of: log.trust().logID).verifiedHash == hash)
            let check = try await StoreChecker(path: harness.store, trust: [log.trust()], jobs: 1).check()
            #expect(check.problems == [])
        }
    }

    /// C8: fifty signatures by unknown keys are bounded and counted.
    @Test func fiftyUnknownSignatures() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            log.register("x")
            var head = try log.text()
            let unknown = (3..<53).map { #"{"cosigner":"cosigner_\#($0)","sig":""}"# }.joined(separator: ",")
            head = head.replacing("\"signatures\":[", with: "\"signatures\":[\(unknown),")
            let heads = [head] + log.headLines.reversed()
            let leaves = log.script()
            server.answer { question in
                question.path == "/sth/chain" ? .init("[\(heads.joined(separator: ","))]") : leaves(question)
            }
            let report = try await WatchHarness(url: url).poll(log.trust())
            #expect(report.rules == [.cosignerUnknown] && report.verifiedSize == 3 && report.exitCode == 0)
            let finding = try #require(report.findings.first?.finding)
            #expect(finding.found.hasPrefix("50 by others: cosigner_3, ") && finding.found.hasSuffix(", …"))
        }
    }

    /// A log that answers for its heads, and not for its leaves, cannot make the watcher forget what it has shown.
    @Test func aForkIsStoredThoughLeavesFail() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            for name in ["a", "b"] {
                var view = log
                view.register(name)
                try view.publish()
                let heads = view.script()
                server.answer { question in
                    question.path == "/sth/chain" ? heads(question) : .init("oops", status: 500)
                }
                let report = try await harness.poll(log.trust())
                #expect(report.failure?.hasPrefix("http_status") == true && report.verifiedSize == 5)
                #expect(report.rules == (name == "a" ? [] : [.sameSizeDifferentRoot]))
            }
            #expect(try harness.alerts(.sameSizeDifferentRoot).count == 1)
            #expect(try harness.evidence().count == 1)
        }
    }

    /// An alert is not held back by a full or missing folder of evidence; the file follows at the next start.
    @Test func anAlertThoughTheEvidenceCannotBeWritten() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish { $0.root = .sha256([1]) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let blocked = try harness.folder.write("a file where the folder should be", to: "evidence")
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.sameSizeDifferentRoot])
            let alert = try #require(try harness.alerts(.sameSizeDifferentRoot).first)
            #expect(alert["metadata"]?["evidence_problem"] != nil)
            #expect(harness.registry.render().contains("nexo_watch_fork_detected{log=\"log\"} 1\n"))
            try FileManager.default.removeItem(atPath: blocked)
            _ = try await harness.poll(log.trust(), leaves: false)
            #expect(try harness.evidence().count == 1)
            #expect(try harness.alerts(.sameSizeDifferentRoot).count == 1)
        }
    }

    /// A log that stops answering becomes stale like one that stops publishing.
    @Test func aSilentLogBecomesStale() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), maxHeadAge: 3_600, now: 1_700_000_200)
            server.answer { _ in .init("[]") }
            let report = try await harness.poll(log.trust(), maxHeadAge: 3_600, now: 1_700_009_000)
            #expect(report.failure?.hasPrefix("empty") == true && report.rules == [.headStale])
        }
    }

    /// C6 and C1: a lagging replica shows heads from inside an old gap. They fill it, and nothing is broken.
    @Test func aReplicaThatShowsHeadsFromAGap() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(120)
            server.answer(log.prefix(40).script(cap: 30))
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.script(cap: 30))
            _ = try await harness.poll(log.trust(), leaves: false)
            server.answer(log.prefix(95).script(cap: 30))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(Set(report.rules) == [.chainGap] && report.verifiedSize == 120 && report.verifiedHeads == 85)
        }
    }

    /// A head from a gap is held against leaves that larger roots vouched for meanwhile: they prove it wrong.
    @Test func aWrongRootInAGapIsProved() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(19)
            log.register("x")
            try log.publish { $0.root = .sha256([1]) }
            for id in 21...60 {
                log.register("\(id)")
                try log.publish()
            }
            server.answer(log.prefix(5).script(cap: 20))
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            server.answer(log.script(cap: 20))
            #expect(try await harness.poll(log.trust()).rules == [.chainGap])
            server.answer(log.prefix(25).script(cap: 20))
            let report = try await harness.poll(log.trust())
            #expect(Set(report.rules) == [.chainGap, .rootMismatch, .inconsistent] && report.verifiedSize == 60)
            let checker = EvidenceChecker(trust: try log.trust())
            let verdicts = try harness.evidence().map(checker.check)
            #expect(verdicts.contains(.proved(kind: .inconsistent, equivocating: ["cosigner_0", "cosigner_1"])))
        }
    }

    /// A file of registrations that is being copied has fewer at hand for a while: not checked, and no violation.
    @Test func registrationsThatAreCutForAWhile() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            log.register("x")
            try log.publish()
            server.answer(log.script(leaves: Array(log.leafLines.prefix(2))))
            let report = try await harness.poll(log.trust())
            #expect(Set(report.rules) == [.leavesMissing] && report.verifiedSize == 5)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust()).verifiedSize == 6)
        }
    }

    /// A registration that cannot be read ends what is read, and says where; what was vouched for before it stands.
    @Test func aRegistrationThatCannotBeRead() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            var leaves = log.leafLines
            leaves[2] = #"{"id":5}"#
            server.answer(log.script(leaves: leaves))
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust())
            #expect(Set(report.rules) == [.leafMalformed, .leavesMissing] && report.verifiedSize == 2)
            let finding = try #require(report.findings.first { $0.finding.rule == .leafMalformed })
            #expect(finding.finding.treeSize == 3)
            server.answer(log.script())
            #expect(try await harness.poll(log.trust()).verifiedSize == 4)
        }
    }

    /// The wrong root and the one that proves it so may come in different polls.
    @Test func aWrongRootIsProvedByALaterPoll() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            log.register("x")
            try log.publish { $0.root = .sha256([1]) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let first = try await harness.poll(log.trust())
            #expect(first.rules == [.rootMismatch] && first.verifiedSize == 5)
            log.register("y")
            try log.publish()
            server.answer(log.script())
            let second = try await harness.poll(log.trust())
            #expect(second.rules == [.rootMismatch, .inconsistent] && second.verifiedSize == 7)
            let checker = EvidenceChecker(trust: try log.trust())
            let verdicts = try harness.evidence().map(checker.check)
            #expect(
                verdicts.contains(.proved(kind: .inconsistent, equivocating: ["cosigner_0", "cosigner_1"])))
        }
    }

    /// A mirror of the registrations that was wrong for a while, and is mended, does not hold the log up for good.
    @Test func aMirrorThatIsMended() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            for id in ["x", "y", "z"] {
                log.register(id)
                try log.publish()
            }
            var leaves = log.leafLines
            leaves[6] = leaves[5]
            server.answer(log.script(leaves: leaves))
            let wrong = try await harness.poll(log.trust())
            #expect(Set(wrong.rules) == [.rootMismatch] && wrong.verifiedSize == 6)
            server.answer(log.script())
            let mended = try await harness.poll(log.trust())
            #expect(mended.verifiedSize == 8 && mended.verifiedHeads == 8)
        }
    }

    /// A chain that starts again with an empty prev_hash is broken, at whatever size it does.
    @Test func aChainThatStartsAgainFurtherOn() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            for index in 0..<9 { log.register("x\(index)") }
            try log.publish { $0.previous = "" }
            server.answer(log.script(cap: 1))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.linkBroken] && report.verifiedSize == 5)
        }
    }

    /// Over the borders of the parts that a long answer is judged in, rules hold as within them.
    @Test func partsOfALongAnswer() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1_023)
            log.register("x")
            // The 1,024th and 1,025th head add up to a quorum; the 2,049th continues the 2,047th, as the 2,048th does.
            try log.publish { $0.signers = [0] }
            try log.publish { $0.signers = [1] }
            for index in 0..<1_022 {
                log.register("y\(index)")
                try log.publish()
            }
            let parent = try log.heads[2_046].hash(.jcs).base64
            log.register("z")
            try log.publish()
            log.register("w")
            try log.publish { $0.previous = parent }
            server.answer(log.script())
            let report = try await WatchHarness(url: url).poll(log.trust(), leaves: false, now: 1_700_010_000)
            #expect(report.rules == [.branch])
            #expect(report.verifiedSize == 2_047)
        }
    }

    /// Heads that nobody signed cannot crowd a fork out of the watcher's sight.
    @Test func junkHidesNoFork() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(5)
            let parent = try log.heads[4].hash(.jcs).base64
            func child(_ index: Int, size: String, signers: [Int]) throws -> String {
                var lies = TestLog.Lies()
                lies.treeSize = size
                lies.previous = parent
                lies.root = .sha256([UInt8(index % 256), UInt8(index / 256)])
                if signers.isEmpty { lies.signatures = "[]" } else { lies.signers = signers }
                return try log.text(lies)
            }
            let harness = try WatchHarness(url: url)
            let junk = try (0..<90).map { try child($0, size: "\(6 + $0)", signers: []) }
            let rounds = [
                [], junk, [try child(300, size: "6", signers: [0, 1])], [try child(301, size: "8", signers: [1, 2])],
            ]
            var report: LogReport?
            for extra in rounds {
                let heads = extra + log.headLines.reversed()
                server.answer { _ in .init("[\(heads.joined(separator: ","))]") }
                report = try await harness.poll(log.trust(), leaves: false)
            }
            #expect(report?.rules.contains(.branch) == true && report?.verifiedSize == 6)
        }
    }

    /// C9: the quorum stands, and the third signature is reported.
    @Test func aThirdSignatureByABrokenKey() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            let broken = try TestLog(firstSeed: 100).trust().cosigners[2]
            log.register("x")
            try log.publish { $0.signers = [0, 1, 2] }
            server.answer(log.script())
            let trust = try log.trust(cosigners: Array(log.trust().cosigners.dropLast()) + [broken])
            let report = try await WatchHarness(url: url).poll(trust)
            #expect(report.rules == [.signatureInvalid] && report.verifiedSize == 3 && report.exitCode == 0)
        }
    }

    /// C11: malformed, with the reason; nothing traps, nothing loops, and the heads around it are judged.
    @Test(arguments: [
        "9007199254740993", "4611686018427387905", "9223372036854775808", "18446744073709551615", "-1", "1.0", "1e3",
        "\"5\"", "twice",
    ])
    func aSizeThatIsNoSize(size: String) async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            log.register("x")
            var lies = TestLog.Lies()
            lies.treeSize = size == "twice" ? nil : size
            var bad = try log.text(lies)
            if size == "twice" { bad = bad.replacing("{\"tree_size\":4,", with: "{\"tree_size\":4,\"tree_size\":4,") }
            let heads = [bad] + log.headLines.reversed()
            let leaves = log.script()
            server.answer { question in
                question.path == "/sth/chain" ? .init("[\(heads.joined(separator: ","))]") : leaves(question)
            }
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust())
            #expect(report.rules == [.headMalformed] && report.verifiedSize == 3 && report.exitCode == 1)
            _ = try await harness.poll(log.trust())
            #expect(try harness.alerts(.headMalformed).count == 1)
        }
    }

    /// C14: `branch`, with both heads as evidence; later breaks are reported too.
    @Test func twoHeadsWithOneParent() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            let parent = try log.heads[2].hash(.jcs).base64
            log.register("x")
            try log.publish()
            log.register("y")
            try log.publish { $0.previous = parent }
            log.register("z")
            try log.publish { $0.previous = Digest.sha256([9]).base64 }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust())
            #expect(report.rules == [.branch, .linkBroken])
            let evidence = try #require(try harness.evidence().first)
            let verdict = EvidenceChecker(trust: try log.trust()).check(evidence)
            #expect(verdict == .proved(kind: .branch, equivocating: ["cosigner_0", "cosigner_1"]))
        }
    }

    /// C15: an id is edited, leaf_hash left as it was: leaves are recomputed.
    @Test func anEditedId() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            var leaves = log.leafLines
            leaves[2] = leaves[2].replacing("user2@test", with: "user9@test")
            server.answer(log.script(leaves: leaves))
            let report = try await WatchHarness(url: url).poll(log.trust())
            #expect(report.rules == [.leafHashMismatch, .rootMismatch] && report.verifiedSize == 2)
        }
    }

    /// C16: hash and signatures still verify under `shallow`.
    @Test func anEditedPolicy() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2, dialect: .shallow)
            log.register("x")
            try log.publish {
                $0.signedPolicy = #"{"t":2,"n":3}"#
                $0.policy = #"{"t":1,"n":3}"#
            }
            server.answer(log.script())
            let report = try await WatchHarness(url: url).poll(log.trust())
            #expect(Set(report.rules) == [.policyMismatch, .policyUnsigned] && report.verifiedSize == 2)
        }
    }

    /// A response is edited after the head was verified: under `shallow` its hash is still the same.
    @Test func aPolicyThatIsEditedLater() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(2, dialect: .shallow)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            let edited = log.headLines.reversed().map { $0.replacing("\"t\":2", with: "\"t\":1") }
            server.answer { _ in .init("[\(edited.joined(separator: ","))]") }
            let report = try await harness.poll(log.trust())
            #expect(report.rules.filter { $0 == .policyMismatch }.count == 2)
        }
    }

    /// A head that was under-signed at first gets its quorum later, and the heads behind it are not held up by it.
    @Test func aQuorumThatIsCompletedLater() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            log.register("x")
            var early = log
            try early.publish { $0.signers = [0] }
            try log.publish { $0.signers = [0, 1] }
            server.answer(early.script())
            let harness = try WatchHarness(url: url)
            let first = try await harness.poll(log.trust())
            #expect(first.rules == [.quorumNotMet] && first.verifiedSize == 2)
            server.answer(log.script())
            let second = try await harness.poll(log.trust())
            #expect(second.verifiedSize == 3 && second.verifiedHeads == 3)
        }
    }

    /// Heads behind one without a quorum are judged by their own: they signed its hash.
    @Test func headsBehindAnUnderSignedOneGoOn() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(2)
            log.register("x")
            try log.publish { $0.signers = [0] }
            log.register("y")
            try log.publish()
            server.answer(log.script())
            let report = try await WatchHarness(url: url).poll(log.trust())
            #expect(report.rules == [.quorumNotMet] && report.verifiedSize == 4 && report.verifiedHeads == 3)
        }
    }

    /// A second signature makes a fork of what was none before.
    @Test func aSignatureThatMakesAFork() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            var early = log
            var late = log
            try early.publish {
                $0.root = .sha256([1])
                $0.signers = [2]
            }
            try late.publish {
                $0.root = .sha256([1])
                $0.signers = [2, 1]
            }
            server.answer(early.script())
            let harness = try WatchHarness(url: url)
            let first = try await harness.poll(log.trust())
            #expect(!first.rules.contains(.sameSizeDifferentRoot))
            server.answer(late.script())
            let second = try await harness.poll(log.trust())
            #expect(second.rules.contains(.sameSizeDifferentRoot))
            #expect(try harness.evidence().contains { $0.kind == .sameSizeDifferentRoot })
        }
    }

    /// C18: a cosigner's key is used for two roots of one size, without a quorum for the second.
    @Test func oneCosignerSignsTwoRoots() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            try log.publish {
                $0.root = .sha256([1])
                $0.signers = [1]
            }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust())
            #expect(Set(report.rules) == [.sameSizeDifferentRoot, .quorumNotMet])
            let evidence = try #require(try harness.evidence().first)
            let verdict = EvidenceChecker(trust: try log.trust()).check(evidence)
            #expect(verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_1"]))
        }
    }

    /// A head that nobody signed claims a huge size: the search for the known head must not end early for it.
    @Test func aHugeUnsignedHeadHidesNothing() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            var lies = TestLog.Lies()
            lies.treeSize = "9007199254740991"
            lies.signatures = "[]"
            let huge = try log.text(lies)
            let harness = try WatchHarness(url: url)
            for _ in 0..<2 {
                let (heads, honest) = (log.headLines, log.script())
                server.answer { question in
                    guard question.path == "/sth/chain" else { return honest(question) }
                    let newest = [huge] + heads.suffix((question.limit ?? 10) - 1).reversed()
                    return .init("[\(newest.joined(separator: ","))]")
                }
                let report = try await harness.poll(log.trust())
                #expect(report.rules == [.headUnsigned] && report.verifiedSize == UInt64(log.heads.count))
                for index in 0..<60 {
                    log.register("more\(index)")
                    try log.publish()
                }
            }
        }
    }

    /// A branch from deep in the past, shown by its newest heads alone and at sizes of its own, is still seen.
    @Test(arguments: [true, false])
    func aBranchFromDeepInThePast(continuesFork: Bool) async throws {
        try await ScriptedServer.run { server, url in
            func grow(_ log: inout TestLog, _ name: String, by count: Int) throws {
                for index in 0..<count { log.register("\(name)\(index)") }
                try log.publish()
            }
            var log = try TestLog.honest(50)
            var other = log
            for index in 0..<5 { try grow(&log, "a\(index).", by: 2) }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), leaves: false)
            // Sizes 71, 74, 77 …: none that the watcher knows; the first continues size 50, as does the known 52.
            try grow(&other, "b", by: 21)
            for index in 0..<(continuesFork ? 5 : 0) { try grow(&other, "c\(index).", by: 3) }
            server.answer(other.script(cap: continuesFork ? 6 : 1))
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules == [.branch])
            #expect(report.verifiedSize == 60)
        }
    }

    @Test func aServerThatCapsItsAnswers() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(50)
            server.answer(log.prefix(5).script(cap: 20))
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            server.answer(log.script(cap: 20))
            let report = try await harness.poll(log.trust())
            #expect(report.rules == [.chainGap] && report.exitCode == 3)
            #expect(report.findings.first?.finding.treeSize == 31)
            #expect(report.verifiedSize == 50)
        }
    }

    @Test func aChainThatIsRewrittenFromItsStart() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            var other = TestLog()
            for index in 0..<6 {
                other.register("other\(index)")
                try other.publish()
            }
            server.answer(other.script())
            let report = try await harness.poll(log.trust())
            #expect(report.rules.contains(.sameSizeDifferentRoot) && report.verifiedSize == 4)
        }
    }

    @Test(arguments: [
        (ScriptedServer.Answer("oops", status: 500), "http_status"), (.init("{}"), "malformed"),
        (.init("[{]"), "malformed"), (.init("[]"), "empty"), (.init(body: [], delay: .seconds(60)), "timeout"),
    ])
    func aServerThatDoesNotAnswer(answer: ScriptedServer.Answer, reason: String) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(2)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            server.answer { _ in answer }
            var configuration = try harness.configuration([("log", log.trust(), "")])
            if reason == "timeout" { configuration.limits.timeout = 2 }
            let report = try #require(try await harness.poll(configuration).first)
            #expect(report.failure?.hasPrefix(reason) == true)
            #expect(report.verifiedSize == 2 && report.exitCode == 3)
            let series = "nexo_watch_poll_failures_total{log=\"log\",reason=\"\(reason)\",vantage=\"direct\"} 1\n"
            #expect(harness.registry.render().contains(series))
        }
    }

    @Test func leavesThatLagAreWaitedFor() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(5)
            server.answer(log.script(leaves: Array(log.leafLines.prefix(3))))
            let harness = try WatchHarness(url: url)
            let early = try await harness.poll(log.trust())
            #expect(early.verifiedSize == 3 && early.exitCode == 3)
            #expect(early.rules == [.leavesMissing])
            server.answer(log.script())
            let report = try await harness.poll(log.trust())
            #expect(report.verifiedSize == 5 && report.verifiedHeads == 5)
        }
    }

    @Test func registrationsThatChange() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            log.register("x")
            try log.publish()
            var leaves = log.leafLines
            leaves[4] = leaves[3]
            server.answer(log.script(leaves: leaves))
            let report = try await harness.poll(log.trust())
            #expect(report.rules.contains(.leavesChanged))
            #expect(report.findings.first { $0.finding.rule == .leavesChanged }?.finding.treeSize == 5)
        }
    }

    /// A log that shows each of two views in turn is caught whichever it began with, and told of once.
    @Test(arguments: [0, 1])
    func aLogThatShowsTwoViews(first: Int) async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            var other = log.prefix(4)
            for id in ["v", "w"] {
                other.register(id)
                try other.publish()
            }
            let views = [log, other]
            let harness = try WatchHarness(url: url)
            var report: LogReport?
            for poll in 0..<4 {
                server.answer(views[(first + poll) % 2].script())
                report = try await harness.poll(log.trust(), leaves: false)
            }
            #expect(report?.rules == [.sameSizeDifferentRoot, .sameSizeDifferentRoot])
            #expect(try harness.alerts(.sameSizeDifferentRoot).count == 2)
            #expect(server.asked.allSatisfy { $0.client == "127.0.0.1" })
            let checker = EvidenceChecker(trust: try log.trust())
            for evidence in try harness.evidence() {
                let verdict = checker.check(evidence)
                let both = ["cosigner_0", "cosigner_1"]
                #expect(verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: both))
            }
        }
    }

    /// A file that is written anew with the same registrations is no fault, and reading goes on in it.
    @Test func registrationsInAnotherSpelling() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(5)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust())
            for index in 0..<2 {
                log.register("x\(index)")
                try log.publish()
                let spelling = String(repeating: " ", count: index + 1)
                server.answer(log.script(leaves: log.leafLines.map { spelling + $0 }))
                let report = try await harness.poll(log.trust())
                #expect(report.rules.isEmpty && report.failure == nil)
                #expect(report.verifiedSize == UInt64(6 + index))
            }
        }
    }

    /// Heads that nobody signed cannot fill the disk, nor can a name of a megabyte.
    @Test func floodsAreBounded() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(1)
            for _ in 0..<900 { try log.publish { $0.signatures = "[]" } }
            let name = String(repeating: "n", count: 100_000)
            let heads = ["{\"\(name)\":1,\"\(name)\":2}"] + log.headLines.reversed()
            server.answer { _ in .init("[\(heads.joined(separator: ","))]") }
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust(), leaves: false)
            #expect(report.rules.filter { $0 == .headUnsigned }.count == 100)
            let malformed = try #require(report.findings.first { $0.finding.rule == .headMalformed })
            #expect(malformed.finding.found.utf8.count < 3_000)
            let database = try FileManager.default.attributesOfItem(atPath: harness.folder.url.path + "/watch.db")
            #expect((database[.size] as? Int ?? 0) < 1 << 20)
        }
    }

    /// C10: a log that is frozen for good does not become stale, and anything behind its last head is a violation.
    @Test func aFrozenLogThatMoves() async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let frozen = WatchConfiguration.Frozen(treeSize: 3, root: log.heads[2].root.base64)
            let still = try await harness.poll(log.trust(), maxHeadAge: 1, frozen: frozen, now: 1_900_000_000)
            #expect(still.rules.isEmpty)
            log.register("x")
            try log.publish()
            server.answer(log.script())
            let moved = try await harness.poll(log.trust(), maxHeadAge: 1, frozen: frozen, now: 1_900_000_000)
            #expect(moved.rules == [.frozenLogMoved] && moved.exitCode == 1)
        }
    }

    /// C10: an operator may learn where a log ended after another end was verified.
    @Test func aFrozenLogWhoseVerifiedEndIsAnother() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            #expect(try await harness.poll(log.trust()).rules.isEmpty)
            let frozen = WatchConfiguration.Frozen(treeSize: 3, root: Digest.sha256([1]).base64)
            let (first, second) = (
                try await harness.poll(log.trust(), frozen: frozen), try await harness.poll(log.trust(), frozen: frozen)
            )
            #expect(first.rules == [.frozenLogMoved])
            #expect(second.rules == [.frozenLogMoved] && second.exitCode == 1)
        }
    }

    /// C10: a head that is never believed shows too that the log moved, behind its last size or at it.
    @Test(arguments: [true, false]) func aFrozenLogThatShowsAHeadWithoutAQuorum(isLarger: Bool) async throws {
        try await ScriptedServer.run { server, url in
            var log = try TestLog.honest(3)
            let frozen = WatchConfiguration.Frozen(treeSize: 3, root: log.heads[2].root.base64)
            if isLarger { log.register("x") }
            try log.publish {
                $0.signers = [2]
                if !isLarger { $0.root = .sha256([1]) }
            }
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust(), frozen: frozen)
            #expect(Set(report.rules) == [.frozenLogMoved, .quorumNotMet] && report.verifiedSize == 3)
        }
    }

    /// C10: what was verified before somebody pinned the log as frozen at a smaller size.
    @Test func aLogThatMovedBeforeItWasFrozen() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(4)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            #expect(try await harness.poll(log.trust()).rules.isEmpty)
            let frozen = WatchConfiguration.Frozen(treeSize: 3, root: log.heads[2].root.base64)
            let report = try await harness.poll(log.trust(), frozen: frozen)
            #expect(report.rules == [.frozenLogMoved] && report.exitCode == 1)
        }
    }
}
