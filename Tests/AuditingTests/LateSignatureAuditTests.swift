import Auditing
import HostileLog
import Testing
import TransparencyLog

/// One head in several lines, each with other signatures: evidence shows all that made the contradiction.
struct LateSignatureAuditTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Two versions of one head, and one of its size and another root, behind a log's heads.
    static func lines(_ log: TestLog, rival: [Int]) throws -> [String] {
        var log = log
        log.register("x")
        var lies = TestLog.Lies()
        let versions = try [[0], [1]].map { signers in
            lies.signers = signers
            return try log.text(lies)
        }
        lies.root = .sha256([1])
        lies.signers = rival
        return versions + [try log.text(lies)]
    }

    static func expectProved(_ evidence: [Evidence], _ log: TestLog, rival: [Int], _ place: String) throws {
        let guilty = rival.filter { $0 < 2 }.map { "cosigner_\($0)" }
        let checker = EvidenceChecker(trust: try log.trust())
        #expect(!evidence.isEmpty, "\(place)")
        for file in evidence {
            guard case .proved(.sameSizeDifferentRoot, let signedBoth) = checker.check(file) else {
                Issue.record("\(place): \(checker.check(file))")
                continue
            }
            // What was known when the contradiction was found, and no more than the file shows.
            #expect(file.equivocating == signedBoth && Set(signedBoth).isSubset(of: guilty), "\(place)")
        }
    }

    @Test(
        arguments: CanonicalJSON.allCases,
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 1, 0, 2], [0, 0, 1, 2]])
    func linesInAnyOrder(dialect: CanonicalJSON, order: [Int]) async throws {
        let log = try TestLog.honest(3, dialect: dialect)
        for rival in [[0, 2], [1, 2], [0, 1]] {
            let lines = try Self.lines(log, rival: rival)
            let heads = log.headLines + order.map { lines[$0] }
            let report = try await Audit.run(
                .init(
                    trust: log.trust(), heads: folder.write(heads.map { $0 + "\n" }.joined(), to: "sth.jsonl"),
                    leaves: nil, now: 1_800_000_000))
            #expect(report.counts[.sameSizeDifferentRoot] == 1)
            try Self.expectProved(report.evidence, log, rival: rival, "\(order) against \(rival)")
        }
    }

    /// In a copy's own part, and right behind the last head that both copies have.
    @Test(arguments: [false, true], [false, true])
    func copiesOfAChain(isInCommon: Bool, isSwapped: Bool) async throws {
        let log = try TestLog.honest(3)
        for rival in [[0, 2], [1, 2], [0, 1]] {
            let lines = try Self.lines(log, rival: rival)
            let first: [String] = log.headLines + lines.prefix(2)
            let second: [String] = log.headLines + lines.prefix(isInCommon ? 1 : 0) + lines.suffix(1)
            var copies = [first, second]
            if isSwapped { copies.reverse() }
            let files = try copies.enumerated().map { index, lines in
                try folder.write(lines.map { $0 + "\n" }.joined(), to: "\(index).jsonl")
            }
            let diff = try await ChainComparison.between(files[0], files[1], trust: log.trust())
            #expect(diff.clashes.map(\.rule) == [.sameSizeDifferentRoot] && diff.exitCode == 1)
            let evidence = try diff.evidence(trust: log.trust(), tool: "test")
            try Self.expectProved(evidence, log, rival: rival, "in common \(isInCommon), \(rival)")
            #expect(evidence.first?.equivocating == rival.filter { $0 < 2 }.map { "cosigner_\($0)" })
        }
    }
}
