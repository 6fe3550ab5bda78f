import Auditing
import Foundation
import HostileLog
import LogFiles
import Testing
import TransparencyLog

struct AuditTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    func audit(
        _ trust: TrustFile, heads: String, leaves: String? = nil, now: UInt64 = 1_800_000_000,
        jobs: Int = 1
    ) async throws -> AuditReport {
        try await Audit.run(
            .init(
                trust: trust, heads: folder.write(heads, to: "sth.jsonl"),
                leaves: leaves.map { try folder.write($0, to: "users.jsonl") }, now: now, jobs: jobs))
    }

    func lines(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    @Test(arguments: CanonicalJSON.allCases)
    func anHonestLogIsClean(dialect: CanonicalJSON) async throws {
        let log = try TestLog.honest(20, dialect: dialect)
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines))
        #expect(report.verdict == .clean)
        #expect(report.headsChecked == 20)
        #expect(report.signaturesChecked == 40)
        #expect(report.rootsChecked == 20)
        #expect(report.findings.map(\.rule) == (dialect == .shallow ? [.policyUnsigned] : []))
        #expect(report.exitCode(strict: false) == 0)
        #expect(report.exitCode(strict: true) == (dialect == .shallow ? 1 : 0))
    }

    /// The published chain's two readings, on a fixture of our own: right in its dialect, broken in the other.
    @Test func theWrongDialectBreaksEveryLink() async throws {
        let log = try TestLog.honest(3, dialect: .shallow)
        let report = try await audit(
            log.trust(dialect: .jcs), heads: lines(log.headLines), leaves: lines(log.leafLines))
        #expect(report.exitCode(strict: false) == 1)
        #expect(report.counts[.linkBroken] == 2)
        #expect(report.counts[.quorumNotMet] == 3)
        #expect(report.rootsChecked == 3)
    }

    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"), arguments: CanonicalJSON.allCases)
    func thePublishedChainOfARealDeployment(dialect: CanonicalJSON) async throws {
        let published = try TrustFile(json: PublicVectors.bytes("nexo-messenger/trust.json"))
        let trust = try TrustFile(
            name: published.name, canonical: dialect, policy: published.policy, cosigners: published.cosigners)
        let folder = try #require(PublicVectors.folder).appending(path: "nexo-messenger")
        let report = try await Audit.run(
            .init(
                trust: trust, heads: folder.appending(path: "sth.jsonl").path,
                leaves: folder.appending(path: "users.jsonl").path, now: 1_800_000_000))
        #expect(report.headsChecked == 3 && report.signaturesChecked == 6 && report.rootsChecked == 3)
        switch dialect {
        case .shallow:
            #expect(report.exitCode(strict: false) == 0)
            #expect(report.findings.map(\.rule) == [.policyUnsigned])
        case .jcs:
            #expect(report.exitCode(strict: false) == 1)
            #expect(report.counts[.linkBroken] == 2)
        }
    }

    @Test func aRunThatCheckedNothingIsNotClean() async throws {
        let report = try await audit(TestLog().trust(), heads: "")
        #expect(report.verdict == .incomplete)
        #expect(report.exitCode(strict: false) == 3)
    }

    @Test func aFileThatIsNotThereIsAnError() async throws {
        await #expect(throws: LogFileError.self) {
            try await Audit.run(.init(trust: TestLog().trust(), heads: "/does/not/exist", leaves: nil, now: 0))
        }
    }

    /// C5: the last line cut in half is reported where it ends, and the rest is judged.
    @Test func aTornLastLineIsUncheckedAndTheRestJudged() async throws {
        let log = try TestLog.honest(4)
        let torn = String(lines(log.headLines).dropLast(60))
        let report = try await audit(log.trust(), heads: torn, leaves: lines(log.leafLines))
        #expect(report.headsChecked == 3)
        let finding = try #require(report.findings.first)
        #expect(finding.rule == .headMalformed && finding.severity == .unchecked && finding.line == 4)
        #expect(finding.found.hasPrefix("truncated at byte \(torn.utf8.count)"))
        #expect(report.exitCode(strict: false) == 3)
    }

    /// C5: a last line that is whole but for its newline is a line.
    @Test func aLastLineWithoutNewlineCounts() async throws {
        let log = try TestLog.honest(4)
        let report = try await audit(
            log.trust(), heads: String(lines(log.headLines).dropLast()),
            leaves: String(lines(log.leafLines).dropLast()))
        #expect(report.verdict == .clean && report.headsChecked == 4 && report.rootsChecked == 4)
    }

    /// C5: a malformed line inside is an error with its number, and never skipped in silence.
    @Test(arguments: ["{", "", "\u{0}\u{0}", "\u{FEFF}{}"])
    func aMalformedHeadInsideIsAViolation(line: String) async throws {
        let log = try TestLog.honest(4)
        var heads = log.headLines
        heads[1] = line
        let report = try await audit(log.trust(), heads: lines(heads), leaves: lines(log.leafLines))
        #expect(report.findings.map(\.rule) == [.headMalformed, .chainGap])
        #expect(report.findings.first?.line == 2)
        #expect(report.exitCode(strict: false) == 1)
    }

    /// What a log wrote is quoted, and must not write on somebody's terminal.
    @Test func controlCharactersInALine() async throws {
        let log = try TestLog.honest(2)
        let name = #"\u001b[2J\u000anexo: clean: the log kept its promises"#
        let heads = log.headLines + [#"{"\#(name)":1,"\#(name)":2}"#]
        let report = try await audit(log.trust(), heads: lines(heads), leaves: lines(log.leafLines))
        #expect(report.exitCode(strict: false) == 1)
        #expect(!report.text().contains("\u{1b}") && report.text().split(separator: "\n").count == 3)
    }

    @Test func aMalformedLeafLeavesLaterRootsUnchecked() async throws {
        let log = try TestLog.honest(4)
        var leaves = log.leafLines
        leaves[2] = #"{"id":"a\u0000b"}"#
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(leaves))
        #expect(report.findings.map(\.rule) == [.leafMalformed])
        #expect(report.findings.first?.line == 3)
        #expect(report.rootsChecked == 2)
        #expect(report.exitCode(strict: false) == 3)
    }

    @Test func missingLeavesAreUnchecked() async throws {
        let log = try TestLog.honest(4)
        let report = try await audit(
            log.trust(), heads: lines(log.headLines), leaves: lines(Array(log.leafLines.prefix(3))))
        #expect(report.findings.map(\.rule) == [.leavesMissing])
        #expect(report.exitCode(strict: false) == 3)
    }

    /// C15: an id is edited, and leaf_hash left as it was.
    @Test func anEditedIdIsFoundThoughLeafHashIsUntouched() async throws {
        let log = try TestLog.honest(3)
        var leaves = log.leafLines
        leaves[1] = leaves[1].replacing("user1@test", with: "user9@test")
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(leaves))
        #expect(report.findings.map(\.rule) == [.leafHashMismatch, .rootMismatch, .rootMismatch])
        #expect(report.findings.first?.line == 2)
        #expect(report.exitCode(strict: false) == 1)
    }

    /// C3: size 0 needs no leaves, and has two roots.
    @Test func anUnknownEmptyRootIsFound() async throws {
        for (root, expected) in [(Digest.zero, [Rule]()), (.sha256([]), []), (.sha256([7]), [.emptyRootUnknown])] {
            var log = TestLog()
            try log.publish { $0.root = root }
            let report = try await audit(log.trust(), heads: lines(log.headLines))
            #expect(report.findings.map(\.rule) == expected && report.rootsChecked == 1)
        }
    }

    @Test func aHeadInTheFutureIsAWarning() async throws {
        let log = try TestLog.honest(1)
        let report = try await audit(log.trust(), heads: lines(log.headLines), now: 1_600_000_000)
        #expect(report.findings.map(\.rule) == [.timestampFuture])
        #expect(report.exitCode(strict: false) == 0 && report.exitCode(strict: true) == 1)
    }

    @Test func findingsAreBoundedAndCounted() async throws {
        var log = try TestLog.honest(1)
        for _ in 0..<1_200 { try log.publish { $0.signatures = "[]" } }
        let report = try await audit(log.trust(), heads: lines(log.headLines))
        #expect(report.counts[.headUnsigned] == 1_200)
        #expect(report.findings.count == AuditReport.keptPerRule)
        #expect(report.text().hasSuffix("head-unsigned: 200 more, 1200 in all\n"))
    }

    /// A wrong root under a head that is smaller than one before it is found in a second walk through the leaves.
    @Test func aSmallerHeadsRootIsRecomputedToo() async throws {
        var log = try TestLog.honest(5)
        try log.publish {
            $0.treeSize = "2"
            $0.root = .sha256([1])
            $0.signers = [2, 0]
            $0.previous = ""
        }
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines))
        #expect(report.findings.map(\.rule) == [.sameSizeDifferentRoot, .rootMismatch])
        #expect(report.rootsChecked == 6 && report.coverage.notChecked.isEmpty)
    }

    /// Heads that are alike but for their time cost no more each, however many there are.
    @Test(.timeLimit(.minutes(1))) func manyHeartbeatsOfOneSize() async throws {
        var log = try TestLog.honest(2)
        for _ in 0..<3_000 { try log.publish { $0.signers = [0, 1] } }
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines), jobs: 2)
        #expect(report.findings.isEmpty && report.headsChecked == 3_002)
    }

    /// The same report for any number of jobs, over more than one batch, with faults in it.
    @Test(arguments: [2, 3, 8])
    func theVerdictDoesNotDependOnTheJobs(jobs: Int) async throws {
        var log = try TestLog.honest(300)
        log.register("x")
        try log.publish { $0.signers = [1] }
        log.register("y")
        try log.publish { $0.previous = "" }
        for _ in 0..<4_000 { try log.publish { $0.signatures = "[]" } }
        let one = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines))
        let many = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines), jobs: jobs)
        #expect(one.json() == many.json())
        #expect(one.counts[.quorumNotMet] == 1 && one.counts[.linkBroken] == 1)
    }

    @Test func theTextIsWhatPeopleRead() async throws {
        let log = try TestLog.honest(2, dialect: .shallow)
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines))
        #expect(
            report.text() == """
                test: clean: the log kept its promises in what was checked
                  checked: 2 heads (sizes 1 to 2), 4 signatures, 2 roots, dialect shallow
                  warning policy-unsigned: expected the policy's members under the signatures; found the dialect \
                shallow, which hashes "policy":{}

                """)
    }

    @Test func theJSONHasItsMembers() async throws {
        let log = try TestLog.honest(2)
        let report = try await audit(log.trust(), heads: lines(log.headLines), leaves: lines(log.leafLines))
        let json = try JSONReader.parse(Array(report.json().utf8))
        #expect(json["format"]?.text?.description == "nexo-audit/v1")
        #expect(json["verdict"]?.text?.description == "clean")
        #expect(json["heads_checked"]?.plainInteger == 2)
        #expect(json["signatures_checked"]?.plainInteger == 4)
        #expect(json["roots_checked"]?.plainInteger == 2)
        #expect(json["findings"]?.elements?.isEmpty == true)
        #expect(json["coverage"]?["not_checked"]?.elements?.isEmpty == true)
    }
}
