import Auditing
import Foundation
import HostileLog
import LogFiles
import Testing
import TransparencyLog

/// Every way that heads and leaves come in gives one verdict.
struct InputTests {
    let folder: ScratchFolder
    let log: TestLog

    init() throws {
        folder = try ScratchFolder()
        log = try TestLog.honest(30)
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
    }

    func path(_ name: String) -> String { folder.url.appending(path: name).path }

    func audit(
        _ heads: String, _ leaves: String? = nil, range: AuditRange = AuditRange()
    ) async throws -> AuditReport {
        var inputs = Audit.Inputs(
            trust: try log.trust(), heads: path(heads), leaves: leaves.map(path), now: 1_800_000_000)
        inputs.range = range
        return try await Audit.run(inputs)
    }

    func compress(_ tool: String, _ name: String) async throws {
        let result = try await Program.tool([tool, "-qk", path(name)], folder: folder.url)
        #expect(result.code == 0, "\(result.errors)")
    }

    @Test(arguments: [("gzip", ".gz"), ("zstd", ".zst")])
    func compressedFiles(tool: String, suffix: String) async throws {
        try await compress(tool, "sth.jsonl")
        try await compress(tool, "users.jsonl")
        let plain = try await audit("sth.jsonl", "users.jsonl")
        let compressed = try await audit("sth.jsonl" + suffix, "users.jsonl" + suffix)
        #expect(plain.json() == compressed.json() && compressed.rootsChecked == 30)
    }

    @Test(arguments: ["gzip", "zstd"])
    func aDamagedCompressedFileIsAnError(tool: String) async throws {
        let suffix = tool == "gzip" ? ".gz" : ".zst"
        try await compress(tool, "sth.jsonl")
        var bytes = Array(try Data(contentsOf: folder.url.appending(path: "sth.jsonl" + suffix)))
        bytes.removeLast(bytes.count / 2)
        _ = try folder.write(bytes, to: "cut.jsonl" + suffix)
        await #expect(throws: LogFileError.self) { try await audit("cut.jsonl" + suffix) }
    }

    /// A captured answer of /sth/chain is newest first, and is recognised.
    @Test(arguments: ["", "\n", "  "])
    func aCapturedAnswer(space: String) async throws {
        let heads = log.headLines.reversed().joined(separator: ",\(space)")
        _ = try folder.write("\(space == "\n" ? "" : space)[\(space)\(heads)]\n", to: "answer.json")
        let report = try await audit("answer.json", "users.jsonl")
        #expect(report.verdict == .clean && report.headsChecked == 30 && report.rootsChecked == 30)
        #expect(report.coverage.notChecked.contains { $0.contains("captured answer") })
    }

    @Test func aPartOfTheChainBySize() async throws {
        let range = AuditRange(from: .treeSize(11), to: .treeSize(20))
        let report = try await audit("sth.jsonl", "users.jsonl", range: range)
        #expect(report.verdict == .clean && report.headsChecked == 10 && report.rootsChecked == 10)
        #expect(report.coverage.firstSize == 11 && report.coverage.lastSize == 20)
        #expect(report.coverage.notChecked == ["20 heads outside of size 11 to size 20"])
        #expect(report.coverage.leavesRead == 20)
    }

    @Test func aPartOfTheChainByTime() async throws {
        let report = try await audit("sth.jsonl", range: AuditRange(from: .time(1_700_000_125)))
        #expect(report.headsChecked == 5 && report.coverage.firstSize == 26)
    }

    /// The link into the range is checked, though the head before it is not judged.
    @Test func theLinkIntoTheRangeIsChecked() async throws {
        var broken = try TestLog.honest(5)
        broken.register("x")
        try broken.publish { $0.previous = Digest.sha256([1]).base64 }
        _ = try folder.write(broken.headLines.map { $0 + "\n" }.joined(), to: "broken.jsonl")
        let report = try await audit("broken.jsonl", range: AuditRange(from: .treeSize(6)))
        #expect(report.findings.map(\.rule) == [.linkBroken])
        // Also where a line could not be read, farther back than the head before.
        var lines = broken.headLines
        lines.insert("{", at: 4)
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "unreadable.jsonl")
        let behind = try await audit("unreadable.jsonl", range: AuditRange(from: .treeSize(6)))
        #expect(behind.findings.map(\.rule) == [.headMalformed, .linkBroken])
    }

    /// A fork between a head before the range and one in it is told, whatever cut the two apart.
    @Test(arguments: [AuditRange.Bound.treeSize(5), .time(1_700_000_500)])
    func aForkFromBeforeTheRange(from: AuditRange.Bound) async throws {
        var forked = try TestLog.honest(5)
        var lies = TestLog.Lies()
        (lies.root, lies.previous) = (.sha256([1]), try forked.heads[3].hash(forked.dialect).base64)
        lies.timestamp = 1_700_000_500
        let fork = lies
        try forked.publish { $0 = fork }
        _ = try folder.write(forked.headLines.map { $0 + "\n" }.joined(), to: "forked.jsonl")
        let report = try await audit("forked.jsonl", range: AuditRange(from: from))
        #expect(report.verdict == .violation && report.counts[.sameSizeDifferentRoot] == 1)
        #expect(report.evidence.count == 1)
    }

    /// A fork between a head in the range and one behind it is told too; one between two behind it is not.
    @Test(arguments: [6, 7] as [UInt64])
    func aForkBehindTheRange(size: UInt64) async throws {
        var forked = try TestLog.honest(7)
        var lies = TestLog.Lies()
        (lies.root, lies.treeSize, lies.timestamp) = (.sha256([1]), "\(size)", 1_700_000_500)
        let fork = lies
        try forked.publish { $0 = fork }
        _ = try folder.write(forked.headLines.map { $0 + "\n" }.joined(), to: "behind.jsonl")
        let report = try await audit("behind.jsonl", range: AuditRange(to: .time(forked.heads[5].timestamp)))
        #expect(report.counts[.sameSizeDifferentRoot] == (size == 6 ? 1 : nil))
        #expect(report.evidence.count == (size == 6 ? 1 : 0))
        #expect(report.headsChecked == 6 && report.verdict == (size == 6 ? .violation : .clean))
    }

    /// A line that is no head accuses no range that ended before it; where the range goes on behind it, it does.
    @Test(arguments: [(7, AuditReport.Verdict.clean, 2), (5, .violation, 0)])
    func aLineBehindTheRange(last: Int, verdict: AuditReport.Verdict, outside: Int) async throws {
        let log = try TestLog.honest(7)
        var lines = log.headLines
        // Behind the head of size 7, and before one of the range where that head stands in front of it.
        lines =
            last == 7
            ? lines[..<6] + [lines[6], "{\"tree_size\":-1}"] : lines[..<5] + ["{\"tree_size\":-1}", lines[5]]
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "line.jsonl")
        let report = try await audit("line.jsonl", range: AuditRange(to: .treeSize(6)))
        #expect(report.verdict == verdict && report.headsChecked == 6)
        #expect(report.coverage.headsOutsideRange == outside)
    }

    /// A line behind a head that calls itself larger, and before one of the range, is told of: that head cannot hide it.
    @Test func aLineBehindAMisplacedHead() async throws {
        let log = try TestLog.honest(7)
        let lines = log.headLines[..<5] + [log.headLines[6], "{", log.headLines[5]]
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "line.jsonl")
        let report = try await audit("line.jsonl", range: AuditRange(to: .treeSize(6)))
        #expect(report.verdict == .violation && report.counts[.headMalformed] == 1)
    }

    /// A heartbeat behind the range takes the place of no head in it.
    @Test func aForkBehindAHeartbeat() async throws {
        var forked = try TestLog.honest(6)
        let last = forked.heads[5].timestamp
        try forked.publish { $0.timestamp = last + 100 }
        for _ in 0..<2 { try forked.publish { ($0.root, $0.timestamp) = (.sha256([1]), last + 200) } }
        let lines = forked.headLines + [forked.headLines[7]]
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "heartbeat.jsonl")
        let report = try await audit("heartbeat.jsonl", range: AuditRange(to: .time(last)))
        // Two heads of the other root, one of them twice.
        #expect(report.counts[.sameSizeDifferentRoot] == 2)
    }

    /// What stands in `leaf_hash` and is no hash is not the hash of the registration; null says nothing.
    @Test(arguments: [#""tampered""#, #""""#, "7", "null"])
    func aClaimThatIsNoHash(claim: String) async throws {
        let lines = log.leafLines.enumerated().map { index, line in
            index == 4 ? line.replacing("\"\(log.registrations[4].leafHash.base64)\"", with: claim) : line
        }
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "claims.jsonl")
        let report = try await audit("sth.jsonl", "claims.jsonl")
        #expect(report.counts == (claim == "null" ? [:] : [.leafHashMismatch: 1]))
    }

    /// A quorum adds up over the ends of the range.
    @Test(
        arguments: [
            (AuditRange(to: .time(1_700_000_500)), 1_700_000_500),
            (AuditRange(from: .time(1_700_000_500)), 1_700_000_400),
        ] as [(AuditRange, UInt64)])
    func aQuorumOverTheEnds(range: AuditRange, first: UInt64) async throws {
        var log = try TestLog.honest(4)
        log.register("x")
        try log.publish { ($0.signers, $0.timestamp) = ([0], first) }
        try log.publish { ($0.signers, $0.timestamp) = ([1], first + 100) }
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "split.jsonl")
        let report = try await audit("split.jsonl", range: range)
        #expect(report.findings.isEmpty && report.verdict == .clean, "\(report.text())")
    }

    /// A head says itself when it was made, and must not talk itself out of the range that it stands in.
    @Test func aHeadThatDatesItselfOutOfTheRange() async throws {
        var forked = try TestLog.honest(5)
        try forked.publish { ($0.root, $0.timestamp) = (.sha256([1]), 0) }
        _ = try folder.write(forked.headLines.map { $0 + "\n" }.joined(), to: "back.jsonl")
        let back = try await audit("back.jsonl", range: AuditRange(from: .time(1_700_000_001)))
        #expect(back.verdict == .violation && back.counts[.sameSizeDifferentRoot] == 1)
        var late = try TestLog.honest(5)
        late.register("x")
        try late.publish { $0.timestamp = 1_900_000_000 }
        late.register("y")
        try late.publish { $0.timestamp = 1_700_000_400 }
        _ = try folder.write(late.headLines.map { $0 + "\n" }.joined(), to: "late.jsonl")
        let report = try await audit("late.jsonl", range: AuditRange(to: .time(1_700_000_400)))
        #expect(report.coverage.headsMisplaced == 1 && report.verdict != .clean)
        #expect(report.coverage.notChecked.contains { $0.hasPrefix("1 of them stand before heads in it") })
    }

    /// Half an answer breaks no promise of the log's.
    @Test func aCapturedAnswerThatIsCut() async throws {
        let lines = ["["] + log.headLines.reversed().map { "  \($0)," }
        for count in [1, 2, 7] {
            _ = try folder.write(lines.prefix(count).map { $0 + "\n" }.joined(), to: "cut.json")
            await #expect(throws: LogFileError.self) { try await audit("cut.json") }
        }
        _ = try folder.write("[" + log.headLines.reversed().joined(separator: ",").dropLast(9) + "\n", to: "one.json")
        await #expect(throws: LogFileError.self) { try await audit("one.json") }
    }

    /// What stands behind a mebibyte of a line is not read, so the line is none.
    @Test func aLineWithMoreBehindIt() async throws {
        let room = String(repeating: " ", count: 1 << 20)
        var heads = log.headLines
        heads[20] = "\(heads[20])\(room)\(heads[21])"
        _ = try folder.write(heads.map { $0 + "\n" }.joined(), to: "long.jsonl")
        let report = try await audit("long.jsonl")
        #expect(report.verdict == .violation && report.counts[.headMalformed] == 1)
        var leaves = log.leafLines
        leaves[20] = "\(leaves[20])\(room)\(leaves[21])"
        _ = try folder.write(leaves.map { $0 + "\n" }.joined(), to: "leaves.jsonl")
        #expect(try await audit("sth.jsonl", "leaves.jsonl").counts[.leafMalformed] == 1)
    }

    @Test func aStoreThatIsNone() async throws {
        for name in ["missing.db", "sth.jsonl"] {
            let inputs = Audit.Inputs(
                trust: try log.trust(), heads: .store(path(name), log: "x"), leaves: nil, now: 0)
            await #expect(throws: LogFileError.self) { try await Audit.run(inputs) }
        }
        #expect(!FileManager.default.fileExists(atPath: path("missing.db")))
    }

    @Test func progressIsTold() async throws {
        let told = Told()
        var inputs = Audit.Inputs(
            trust: try log.trust(), heads: path("sth.jsonl"), leaves: path("users.jsonl"), now: 1_800_000_000)
        inputs.onProgress = { progress in told.add(progress) }
        _ = try await Audit.run(inputs)
        #expect(told.last?.heads?.count == 30)
    }

    final class Told: @unchecked Sendable {
        // One audit tells from one task at a time.
        private(set) var last: AuditProgress?
        func add(_ progress: AuditProgress) { last = progress }
    }
}
