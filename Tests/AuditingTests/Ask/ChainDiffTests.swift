import Auditing
import HostileLog
import Testing
import TransparencyLog

struct ChainDiffTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    func diff(_ first: [String], _ second: [String], limit: Int = 1_000) async throws -> ChainDiff {
        try await ChainComparison.between(
            folder.write(first.map { $0 + "\n" }.joined(), to: "a.jsonl"),
            folder.write(second.map { $0 + "\n" }.joined(), to: "b.jsonl"), trust: TestLog().trust(), limit: limit)
    }

    /// One history, continued in two ways behind `common` heads.
    func fork(_ common: Int, _ change: (inout TestLog.Lies) -> Void = { _ in }) throws -> (TestLog, TestLog) {
        let log = try TestLog.honest(common + 3)
        var other = log.prefix(common)
        for index in 0..<2 {
            other.register("other\(index)")
            try other.publish(change)
        }
        return (log, other)
    }

    @Test(arguments: [
        (0..<6, 0..<6, ChainDiff.Relation.same, Int32(0)), (0..<4, 0..<6, .firstWithinSecond, 0),
        (0..<6, 0..<1, .secondWithinFirst, 0), (2..<6, 0..<6, .firstWithinSecond, 0), (0..<4, 2..<6, .overlap, 0),
        (2..<6, 0..<4, .overlap, 0), (0..<2, 4..<6, .nothingInCommon, 3), (0..<0, 0..<6, .nothingInCommon, 3),
        (0..<6, 2..<4, .secondWithinFirst, 0),
    ])
    func partsOfOneChain(_ first: Range<Int>, _ second: Range<Int>, relation: ChainDiff.Relation, code: Int32)
        async throws
    {
        let lines = try TestLog.honest(6).headLines
        let diff = try await diff(Array(lines[first]), Array(lines[second]))
        #expect(diff.relation == relation && diff.exitCode == code && diff.clashes.isEmpty)
        #expect(diff.rests[0].count == Set(first).subtracting(second).count)
        #expect(diff.rests[1].count == Set(second).subtracting(first).count)
    }

    /// Signatures are covered by no hash: the same head signed by others is the same, however often it stands there.
    @Test func otherSignaturesAreNoOtherHead() async throws {
        let log = try TestLog.honest(3)
        var lines = log.headLines
        var lies = TestLog.Lies()
        lies.signers = [2]
        lies.previous = try log.heads[1].hash(.jcs).base64
        lies.timestamp = log.heads[2].timestamp
        lines.append(try log.text(lies))
        let diff = try await diff(lines, log.headLines)
        #expect(diff.relation == .same && diff.inCommon == 3)
    }

    @Test func aForkIsEvidence() async throws {
        let (log, other) = try fork(4)
        let diff = try await diff(log.headLines, other.headLines)
        #expect(diff.exitCode == 1 && diff.lastCommon?.treeSize == 4 && diff.lastCommon?.lines == [4, 4])
        #expect(diff.clashes.map(\.rule) == [.sameSizeDifferentRoot, .sameSizeDifferentRoot])
        #expect(diff.clashes.map(\.lines) == [[5, 5], [6, 6]])
        for file in try diff.evidence(trust: log.trust(), tool: "test") {
            let verdict = EvidenceChecker(trust: try log.trust()).check(file)
            #expect(
                verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_0", "cosigner_1"]))
        }
    }

    @Test func aBranchIsEvidence() async throws {
        let log = try TestLog.honest(4)
        var other = log.prefix(3)
        other.register("x")
        other.register("y")
        try other.publish()
        let diff = try await diff(log.headLines, other.headLines)
        #expect(diff.clashes.map(\.rule) == [.branch])
        let file = try #require(try diff.evidence(trust: log.trust(), tool: "test").first)
        #expect(file.kind == .branch)
        let verdict = EvidenceChecker(trust: try log.trust()).check(file)
        #expect(verdict == .proved(kind: .branch, equivocating: ["cosigner_0", "cosigner_1"]))
    }

    /// One copy is the beginning of the other, which goes on with another root for a size that both have.
    @Test(arguments: [false, true]) func aContradictionOfTheCommonBeginning(isSwapped: Bool) async throws {
        let log = try TestLog.honest(4)
        var other = log
        try other.publish { $0.treeSize = "2" }
        let diff = try await diff(
            isSwapped ? other.headLines : log.headLines, isSwapped ? log.headLines : other.headLines)
        #expect(diff.clashes.map(\.rule) == [.sameSizeDifferentRoot] && diff.exitCode == 1)
        #expect(diff.clashes.map(\.lines) == (isSwapped ? [[5, 2]] : [[2, 5]]))
        #expect(try diff.evidence(trust: log.trust(), tool: "test").count == 1)
    }

    @Test func unsignedHeadsContradictNobody() async throws {
        let (log, other) = try fork(4) { $0.signatures = "[]" }
        let diff = try await diff(log.headLines, other.headLines)
        #expect(diff.relation == .part && diff.clashes.isEmpty && diff.exitCode == 3)
    }

    @Test func lostHeadsInTheMiddle() async throws {
        let lines = try TestLog.honest(6).headLines
        let diff = try await diff(lines, lines.indices.filter { $0 != 2 }.map { lines[$0] })
        #expect(diff.relation == .secondWithinFirst && diff.meetAgain == 3 && diff.exitCode == 0)
    }

    @Test func aLineThatCannotBeRead() async throws {
        let lines = try TestLog.honest(6).headLines
        var torn = lines
        torn[2] = "{"
        let diff = try await diff(lines, torn)
        #expect(diff.malformedCounts == [0, 1] && diff.malformed.first?.finding.line == 3)
        #expect(diff.exitCode == 3 && diff.rests[0].count == 1)
    }

    @Test func contradictionsAreBounded() async throws {
        let log = try TestLog.honest(30)
        var other = log.prefix(1)
        for index in 0..<25 {
            other.register("other\(index)")
            try other.publish()
        }
        let diff = try await diff(log.headLines, other.headLines)
        #expect(diff.clashes.count == 16 && diff.clashesCut)
    }

    @Test func tooManyHeadsBehindThePartingAreSaid() async throws {
        let lines = try TestLog.honest(12).headLines
        await #expect(throws: AskFailure.self) { try await diff(lines, Array(lines.prefix(2)), limit: 5) }
        let same = try await diff(lines, lines, limit: 5)
        #expect(same.relation == .same)
    }
}
