import Auditing
import HostileLog
import LogFiles
import Testing
import TransparencyLog

struct SegmentTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// So few heads back are compared that short chains have all that long ones have.
    static let window = 6

    func inputs(_ log: FaultyLog, leaves: Bool = true, jobs: Int = 1) throws -> Audit.Inputs {
        var inputs = Audit.Inputs(
            trust: try log.log.trust(), heads: try folder.write(log.heads, to: "sth.jsonl"),
            leaves: leaves ? try folder.write(log.leaves, to: "users.jsonl") : nil, now: 1_700_000_130, jobs: jobs)
        inputs.window = Self.window
        return inputs
    }

    /// Through its file, as another machine would have it.
    func segment(
        _ inputs: Audit.Inputs, _ range: SegmentRange, context: Int? = nil, after: Segment? = nil
    ) async throws -> Segment {
        try Segment(json: await Audit.segment(inputs, range: range, context: context, after: after).fileBytes)
    }

    func expectAlike(_ joined: AuditReport, _ whole: AuditReport, _ place: String) {
        #expect(joined.json() == whole.json(), "\(place)")
        #expect(joined.text() == whole.text(), "\(place)")
        #expect(joined.evidence.map(\.fileBytes) == whole.evidence.map(\.fileBytes), "\(place)")
        #expect(joined.exitCode(strict: true) == whole.exitCode(strict: true), "\(place)")
    }

    /// The same bytes as one run, wherever the chain is cut in two; or a refusal, which a longer context ends.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func everyCutGivesTheReportOfOneRun(seed: UInt64) async throws {
        let log = try FaultyLog(seed: seed, lines: 36)
        let inputs = try inputs(log, leaves: seed % 4 != 3, jobs: seed % 2 == 0 ? 1 : 2)
        let whole = try await Audit.run(inputs)
        var refused = 0
        for cut in 1..<36 as Range<UInt64> {
            let left = try await segment(inputs, .lines(1...cut))
            let right = try await segment(inputs, .lines(cut + 1...99))
            do { expectAlike(try SegmentJoin.report(of: [right, left]), whole, "seed \(seed) cut \(cut)") } catch {
                refused += 1
                let right = try await segment(inputs, .lines(cut + 1...99), context: .max)
                expectAlike(try SegmentJoin.report(of: [left, right]), whole, "seed \(seed) cut \(cut), all")
            }
        }
        // Heads that are repeated over a long distance, and nothing else, ask for a longer context.
        #expect(refused < 12, "seed \(seed)")
    }

    /// Many segments, by lines and by sizes, one that is empty among them; each reads on from where another one stood.
    @Test(arguments: 100..<112 as Range<UInt64>)
    func randomPartsGiveTheReportOfOneRun(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let log = try FaultyLog(seed: seed, lines: 60)
        let inputs = try inputs(log)
        let whole = try await Audit.run(inputs)
        for isBySize in [false, true] {
            let most: UInt64 = isBySize ? 40 : 60
            var segments: [Segment] = []
            var first: UInt64 = isBySize ? 0 : 1
            while first <= most {
                let last = first + random.next() % 24
                let bounds = first...(last >= most ? 9_999 : last)
                segments.append(
                    try await segment(
                        inputs, isBySize ? .sizes(bounds) : .lines(bounds), context: .max,
                        after: random.next() % 2 == 0 ? segments.last : segments.first))
                // A range of lines behind the end would be empty, and end where the file does.
                first = last + 1
            }
            segments.shuffle(using: &random)
            expectAlike(try SegmentJoin.report(of: segments), whole, "seed \(seed) by size \(isBySize)")
        }
    }

    /// More findings of a rule than are kept, more forks than files of evidence, and more than one batch.
    @Test func boundsHoldOverSegments() async throws {
        var log = try TestLog.honest(2)
        for index in 0..<40 { try log.publish { $0.root = .sha256([UInt8(index)]) } }
        log.register("late")
        for _ in 0..<5_000 { try log.publish { $0.signatures = "[]" } }
        try log.publish { ($0.treeSize, $0.root) = ("1", .sha256([9])) }
        let lines = log.headLines
        let heads = lines.map { $0 + "\n" }.joined()
        var inputs = Audit.Inputs(
            trust: try log.trust(), heads: try folder.write(heads, to: "sth.jsonl"),
            leaves: try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl"), now: 1_800_000_000,
            jobs: 2)
        inputs.window = 64
        let whole = try await Audit.run(inputs)
        #expect(whole.evidence.count == 16 && whole.counts[.headUnsigned] == 5_000)
        for cuts in [[10, 20, 30], [12, 700, 4_900], [1_000, 5_042]] as [[UInt64]] {
            var segments: [Segment] = []
            for (first, last) in zip([0] + cuts, cuts + [9_999]) {
                segments.append(try await segment(inputs, .lines(first + 1...last)))
            }
            expectAlike(try SegmentJoin.report(of: segments), whole, "\(cuts)")
        }
        // Small, however long the range: findings are bounded, and heads are not in it.
        let honest = try await segment(inputs, .lines(1...2))
        let small = honest.fileBytes.count
        #expect(small < 4_000, "\(small) bytes")
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let log = try FaultyLog(seed: 1, lines: 30)
        var inputs = try inputs(log)
        let (a, b, c) = try await (
            segment(inputs, .lines(1...10)), segment(inputs, .lines(11...20)), segment(inputs, .lines(21...99))
        )
        func refusal(_ segments: [Segment]) -> String {
            do {
                _ = try SegmentJoin.report(of: segments)
                return ""
            } catch { return error.description }
        }
        #expect(refusal([a, b, c]).isEmpty)
        #expect(refusal([]).hasPrefix("no segments"))
        #expect(refusal([b, c]).hasPrefix("lines 1 to 10 are in no segment"))
        #expect(refusal([a, c]).hasPrefix("lines 11 to 20 are in no segment"))
        #expect(refusal([a, b]).hasPrefix("what follows line 20 is in no segment"))
        #expect(refusal([a, b, b, c]).hasPrefix("line 11 is in two segments"))
        // Nothing was read before the range, though much depends on it.
        let blind = try await segment(inputs, .lines(11...20), context: 0)
        #expect(refusal([a, blind, c]).hasPrefix("the segment at line 11 depends on more lines"))
        inputs.now += 1
        let later = try await segment(inputs, .lines(21...99))
        #expect(refusal([a, b, later]).contains("--now"))
        _ = try folder.write("\n" + log.heads, to: "sth.jsonl")
        inputs.now -= 1
        let other = try await segment(inputs, .lines(21...99))
        #expect(refusal([a, b, other]).contains("not of one file"))
    }

    @Test func everyCutOfASegmentIsRefused() async throws {
        let log = try FaultyLog(seed: 5, lines: 12)
        let bytes = try await Audit.segment(inputs(log), range: .lines(1...99)).fileBytes
        for length in stride(from: 0, to: bytes.count - 1, by: 7) {
            #expect(throws: SegmentFailure.self) { try Segment(json: Array(bytes[..<length])) }
        }
    }

    @Test func onlyFilesOfLinesHaveSegments() async throws {
        let log = try TestLog.honest(3)
        let answer = try folder.write("[\(log.headLines.reversed().joined(separator: ","))]", to: "answer.json")
        await #expect(throws: LogFileError.self) {
            try await Audit.segment(
                .init(trust: log.trust(), heads: answer, leaves: nil, now: 0), range: .lines(1...2))
        }
    }

    @Test(arguments: [("1..5", 1...5), ("7..", 7...9_007_199_254_740_991), ("..3", 0...3), ("4..4", 4...4)])
    func ranges(text: String, bounds: ClosedRange<UInt64>) { #expect(SegmentRange.bounds(text) == bounds) }

    @Test(arguments: ["", "5", "5..4", "a..b", "1...3", "-1..3", "1..18446744073709551616"])
    func noRanges(text: String) { #expect(SegmentRange.bounds(text) == nil) }
}
