import Auditing
import HostileLog
import Testing
import TransparencyLog

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
        for head in log.heads { statistics.note(verifier.verify(head)) }
        #expect(statistics.futureHeads == 1 && statistics.heads == 3)
        #expect(statistics.freshness.period == 1 && statistics.freshness.share == 10_000)
    }

    @Test func theSeriesIsBounded() throws {
        let verifier = HeadVerifier(trust: try TestLog().trust())
        var statistics = ReportStatistics(trust: verifier.trust, maximumHeadAge: 10)
        let judged = verifier.verify(try TestLog.honest(1).heads[0])
        for _ in 0..<5_000 { statistics.note(judged) }
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
