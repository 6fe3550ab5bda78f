import HostileLog
import Testing
import TransparencyLog

@testable import Auditing

struct ReportContentTests {
    @Test func aCleanReport() async throws {
        let report = try await ReportFixture.clean.report(in: ScratchFolder())
        #expect(report.audit.verdict == .clean)
        #expect(
            report.summary
                == "The log “nexo-example” kept its promises in the 60 heads checked (60 roots recomputed).")
        let cosigners = report.statistics.cosigners
        #expect(cosigners.map(\.signed) == [60, 60, 20])
        #expect(cosigners.map(\.missed) == [0, 0, 40])
        #expect(cosigners.map(\.longestStreak) == [0, 0, 31])
        #expect(report.statistics.keys.map(\.heads) == [60, 60, 0, 20])
        #expect(report.freshness.longestGap == 172_800 + 14_400)
        // 59 steps of four hours and two days of silence, of which the first day is within the limit.
        #expect(report.freshness.period == 59 * 14_400 + 172_800)
        #expect(report.freshness.fresh == 58 * 14_400 + 86_400)
        #expect(report.rules.allSatisfy { [.pass, .notChecked].contains($0.outcome) })
        #expect(report.controls.allSatisfy { $0.support != .contradicts })
    }

    @Test func aBrokenReport() async throws {
        let report = try await ReportFixture.broken.report(in: ScratchFolder())
        let failed = Set(report.rules.filter { $0.outcome == .fail }.map(\.rule))
        #expect(failed.isSuperset(of: [.quorumNotMet, .rootMismatch, .linkBroken, .sameSizeDifferentRoot]))
        #expect(report.controls.contains { $0.support == .contradicts })
        #expect(report.statistics.quorumHeads == 59)
        #expect(!report.html().contains("<script") && report.html().contains("&lt;script&gt;alert(1)"))
        #expect(report.markdown().contains(#"\<script\>alert(1)"#))
        #expect(report.markdown().contains(#"\](http:\//evil"#))
    }

    @Test func whatWasNotCheckedIsNotPassed() async throws {
        let report = try await ReportFixture.incomplete.report(in: ScratchFolder())
        #expect(report.audit.verdict == .incomplete)
        let outcomes = Dictionary(uniqueKeysWithValues: report.rules.map { ($0.rule, $0.outcome) })
        for rule: Rule in [.rootMismatch, .leafHashMismatch, .chainGap, .linkBroken, .splitView, .timestampFuture] {
            #expect(outcomes[rule] == .notChecked, "\(rule)")
        }
        #expect(report.controls.allSatisfy { $0.support == .partly || !$0.rules.contains(.chainGap) })
    }

    @Test func aLaterReportFindsALogThatFellSilent() async throws {
        let newest = try await ReportFixture.clean.report(in: ScratchFolder())
        let created = (newest.created ?? 0) + 1_000_000
        let later = try await ReportFixture.clean.report(in: ScratchFolder(), created: created)
        #expect(later.freshness.longestGap == 1_000_000)
        #expect(later.freshness.share ?? 0 < newest.freshness.share ?? 0)
        #expect(later.rules.contains { $0.rule == .timestampFuture && $0.outcome == .pass })
    }

    /// A mark that combines with it hides no character from the escaping.
    @Test func markdownIsEscapedByScalars() throws {
        let name = "*\u{301}[\u{302}x](http:/\u{301}/www.\u{301}evil.example)|\u{327}"
        let trust = try TrustFile(
            name: name, canonical: .jcs, policy: .init(t: 2, n: 3), cosigners: try TestLog().trust().cosigners)
        let statistics = ReportStatistics(trust: trust, maximumHeadAge: 10)
        let report = ComplianceReport(
            audit: AuditReport(name: name, logID: trust.logID, dialect: .jcs), statistics: statistics, inputs: [],
            created: nil)
        let text = report.markdown()
        for escaped in ["\\*\u{301}", "\\[\u{302}x\\]", ":\\/\u{301}", "www\\.\u{301}", "\\|\u{327}"] {
            #expect(
                text.unicodeScalars.split(separator: "\n").contains { String($0).utf8.contains(Array(escaped.utf8)) })
        }
    }

    /// What lies behind the range is no silence of the log's.
    @Test func aRangeThatEndsBeforeTheReport() async throws {
        let whole = try await ReportFixture.clean.report(in: ScratchFolder())
        let (created, newest) = ((whole.created ?? 0) + 10_000_000, whole.created ?? 0)
        // The heads of sizes 1 to 30 are four hours apart.
        let start = newest - whole.freshness.period
        for (end, silence) in [
            (AuditRange.Bound.treeSize(30), 0 as UInt64), (.time(start + 29 * 14_400 + 50_000), 50_000),
        ] {
            let part = try await ReportFixture.clean.report(in: ScratchFolder(), created: created, to: end)
            #expect(part.freshness.period == 29 * 14_400 + silence)
            #expect(part.freshness.longestGap == 14_400)
        }
        let late = try await ReportFixture.clean.report(in: ScratchFolder(), created: created, to: .time(created + 5))
        #expect(late.freshness.longestGap == 10_000_000)
    }

    private static func report(
        _ log: TestLog, created: UInt64? = nil, range: AuditRange = AuditRange()
    ) async throws -> ComplianceReport {
        let scratch = try ScratchFolder()
        let trust = try scratch.write(log.trust().json.bytes(), to: "trust.json")
        var run = ReportRun(
            trust: try log.trust(), trustInput: try InputFile(role: .trust, path: trust),
            heads: try scratch.write(Array(log.headLines.map { $0 + "\n" }.joined().utf8), to: "sth.jsonl"),
            leaves: try scratch.write(Array(log.leafLines.map { $0 + "\n" }.joined().utf8), to: "users.jsonl"),
            created: created)
        run.audit.range = range
        return try await run()
    }

    private static func reasons(_ report: ComplianceReport) -> [Rule: String] {
        Dictionary(uniqueKeysWithValues: report.rules.map { ($0.rule, $0.reason) })
    }

    /// Heads that nobody signed keep no log fresh, count as no quorum, and pass no rule on quorums.
    @Test func headsThatNobodySigned() async throws {
        var log = try TestLog.honest(3)
        for day in 1...9 as ClosedRange<UInt64> {
            try log.publish {
                $0.timestamp = 1_700_000_102 + day * 86_400
                $0.signatures = #"[{"cosigner":"x","sig":""}]"#
            }
        }
        let report = try await Self.report(log)
        #expect(report.statistics.quorumHeads == 3 && report.statistics.heads == 12)
        #expect(report.freshness.longestGap == 9 * 86_400)
        #expect(report.audit.verdict == .clean)
        let reasons = Self.reasons(report)
        for rule: Rule in [.quorumNotMet, .branch, .sameSizeDifferentRoot] {
            #expect(reasons[rule] == "in part: 9 heads without a valid signature by a pinned cosigner")
        }
        #expect(reasons[.linkBroken] == "" && reasons[.sizeRegressed] == "")
        #expect(report.controls.first { $0.control == "CC6.1" }?.support == .partly)
    }

    /// Times that go back are warnings, and the one thing that a control on clocks asks for.
    @Test func timesThatGoBack() async throws {
        var log = try TestLog.honest(3)
        try log.publish { $0.timestamp = 1_700_000_000 }
        let report = try await Self.report(log, created: 1_700_000_200)
        #expect(report.audit.verdict == .clean)
        let clocks = report.controls.first { $0.control == "A.8.17" }
        #expect(clocks?.support == .contradicts && clocks?.failed == [.timestampRegressed])
        #expect(report.controls.first { $0.control == "A.8.15" }?.support == .supports)
    }

    /// A log that chains nothing shows no history, and passes nothing that a history would show.
    @Test func headsWithoutAWordOfTheOneBefore() async throws {
        var log = TestLog()
        for size in 1...3 {
            log.register("user\(size)@test")
            try log.publish { ($0.isChained, $0.signatures) = (false, "[]") }
        }
        let report = try await Self.report(log)
        let reasons = Self.reasons(report)
        for rule: Rule in [.linkBroken, .branch, .sizeRegressed, .sameSizeDifferentRoot, .timestampRegressed] {
            #expect(reasons[rule] == "in part: 3 heads without a word of the head before")
        }
        #expect(report.controls.first { $0.control == "A.8.15" }?.support == .partly)
    }

    /// A range of time begins at its bound where the log had heads before, and with its first head where it had none.
    @Test(arguments: [0, 2]) func aRangeThatBeginsInSilence(before: Int) async throws {
        var log = TestLog()
        for index in 0..<6 {
            log.register("user\(index)@test")
            let day: UInt64 = index < before ? UInt64(index) : 20 + UInt64(index)
            try log.publish { $0.timestamp = 1_700_000_000 + day * 86_400 }
        }
        let begin: UInt64 = 1_700_000_000 + 10 * 86_400
        let report = try await Self.report(log, range: AuditRange(from: .time(begin)))
        // With nothing before, the first head is of day 20; else it is of day 22.
        #expect(report.freshness.start == (before == 0 ? begin + 10 * 86_400 : begin))
        #expect(report.freshness.longestGap == (before == 0 ? 1 : 12) * 86_400)
        #expect(report.freshness.share == (before == 0 ? 10_000 : 2_000))
    }

    /// A report of before its own period says that there is none.
    @Test func aPeriodThatEndsBeforeItBegins() async throws {
        let log = try TestLog.honest(6)
        let range = AuditRange(from: .time(1_700_000_103))
        let report = try await Self.report(log, created: 1_700_000_050, range: range)
        #expect(report.freshness.period <= 5)
        #expect(!report.html().isEmpty && !report.markdown().isEmpty)
    }

    @Test func sharesAreExact() {
        for percent in 1...100 as ClosedRange<UInt64> {
            var freshness = Freshness(limit: percent)
            _ = freshness.note(0, hasQuorum: true)
            freshness.advance(to: 100)
            #expect(freshness.share == percent * 100)
        }
        var long = Freshness(limit: .max)
        _ = long.note(0, hasQuorum: true)
        long.advance(to: JSONNumber.largestPlainInteger)
        #expect(long.share == 10_000)
    }

    /// Where a root is wrong, nothing has passed that the registrations would have to show.
    @Test func aWrongRootLeavesPrefixesOpen() async throws {
        let report = try await ReportFixture.broken.report(in: ScratchFolder())
        let result = report.rules.first { $0.rule == .inconsistent }
        #expect(result?.outcome == .notChecked && result?.reason == "roots differ; see root-mismatch")
    }

    @Test func headsOfTheFutureSayNothingOfThePeriod() async throws {
        let verifier = HeadVerifier(trust: try TestLog().trust())
        var statistics = ReportStatistics(trust: verifier.trust, maximumHeadAge: .max, notAfter: 1_700_001_000)
        var log = try TestLog.honest(2)
        try log.publish { $0.timestamp = 1 << 53 - 1 }
        for head in log.heads { statistics.note(.judged(verifier.verify(head), hasQuorum: true)) }
        #expect(statistics.futureHeads == 1 && statistics.heads == 3)
        #expect(statistics.freshness.period == 1 && statistics.freshness.share == 10_000)
    }

    @Test func theSeriesIsBounded() throws {
        let verifier = HeadVerifier(trust: try TestLog().trust())
        var statistics = ReportStatistics(trust: verifier.trust, maximumHeadAge: 10)
        let judged = verifier.verify(try TestLog.honest(1).heads[0])
        for _ in 0..<5_000 { statistics.note(.judged(judged, hasQuorum: true)) }
        #expect(statistics.series.samples.count <= 256)
        #expect(statistics.series.samples.reduce(0) { $0 + $1.heads } == 5_000)
    }

    @Test func nothingToReadIsNoPass() async throws {
        let scratch = try ScratchFolder()
        let log = TestLog()
        let trust = try scratch.write(log.trust().json.bytes(), to: "trust.json")
        let run = ReportRun(
            trust: try log.trust(), trustInput: try InputFile(role: .trust, path: trust),
            heads: try scratch.write("", to: "sth.jsonl"), leaves: nil)
        let report = try await run()
        #expect(report.rules.allSatisfy { $0.outcome == .notChecked || $0.rule == .policyUnsigned })
        #expect(report.created == nil && !report.html().isEmpty && !report.markdown().isEmpty)
    }
}
