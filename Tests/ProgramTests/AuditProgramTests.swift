import Foundation
import HostileLog
import Testing
import TransparencyLog

struct AuditProgramTests {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        let log = try TestLog.honest(3)
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
        _ = try folder.write(log.headLines.dropFirst().map { $0 + "\n" }.joined(), to: "middle.jsonl")
        _ = try folder.write(log.headLines.reversed().map { $0 + "\n" }.joined(), to: "reversed.jsonl")
        _ = try folder.write("", to: "empty.jsonl")
        _ = try folder.write("{}", to: "bad.json")
    }

    func audit(_ arguments: String...) async throws -> Program.Result {
        try await Program.run("nexo-audit", arguments, folder: folder.url)
    }

    @Test func aCleanAudit() async throws {
        let result = try await audit(
            "verify", "--trust", "trust.json", "--heads", "sth.jsonl", "--leaves", "users.jsonl")
        #expect(result.code == 0)
        #expect(result.errors.isEmpty)
        #expect(
            result.output == """
                test: clean: the log kept its promises in what was checked
                  checked: 3 heads (sizes 1 to 3), 6 signatures, 3 roots, dialect jcs

                """)
    }

    @Test func theJSONForm() async throws {
        let result = try await audit(
            "verify", "--trust", "trust.json", "--heads", "sth.jsonl", "--leaves", "users.jsonl", "--json", "--jobs",
            "2")
        let json = try JSONReader.parse(Array(result.output.utf8))
        #expect(json["verdict"]?.text?.description == "clean" && json["roots_checked"]?.plainInteger == 3)
    }

    @Test(arguments: [
        ("trust.json", "middle.jsonl", Int32(3)), ("trust.json", "reversed.jsonl", 1), ("trust.json", "empty.jsonl", 3),
        ("trust.json", "missing.jsonl", 3), ("missing.json", "sth.jsonl", 2), ("bad.json", "sth.jsonl", 2),
    ])
    func exitCodes(trust: String, heads: String, code: Int32) async throws {
        let result = try await audit("verify", "--trust", trust, "--heads", heads)
        #expect(result.code == code)
        #expect(result.output.isEmpty != result.errors.isEmpty, "a report or an error, never both or neither")
    }

    @Test(arguments: [["verify"], ["verify", "--trust"], ["nonsense"], ["verify", "--jobs", "0"], ["evidence"]])
    func badUsageIs2(arguments: [String]) async throws {
        let result = try await Program.run("nexo-audit", arguments, folder: folder.url)
        #expect(result.code == 2 && !result.errors.isEmpty && result.output.isEmpty)
    }

    static let ways: [(arguments: String, code: Int32)] = [
        ("--heads sth.jsonl --from 2 --to 3", 0), ("--heads sth.jsonl --quiet", 0),
        ("--heads sth.jsonl --from 2023-11-14 --to 2023-11-14", 0), ("--heads sth.jsonl --from soon", 2),
        ("--heads sth.jsonl --to 2026-02-31", 2), ("--heads sth.jsonl --to 2025-11-31T00:00:00Z", 2),
        ("--heads sth.jsonl --from 2023-01-31T25:00:00Z", 2), ("--heads sth.jsonl --from 2023-01-31T12:00:60Z", 2),
        ("--heads sth.jsonl --from 2023-01-31T12:00:59Z", 0),
        ("--heads sth.jsonl --store x.db", 2), ("--heads sth.jsonl --log x", 2), ("--heads - --leaves -", 2), ("", 2),
        ("--heads sth.jsonl --from 5 --to 4", 2), ("--heads sth.jsonl --from 2026-02-01 --to 2026-01-31", 2),
    ]

    @Test(arguments: ways)
    func waysToSayWhatIsAudited(arguments: String, code: Int32) async throws {
        let arguments = arguments.split(separator: " ").map(String.init)
        let result = try await Program.run(
            "nexo-audit", ["verify", "--trust", "trust.json"] + arguments, folder: folder.url)
        #expect(result.code == code)
        if arguments.contains("--quiet") { #expect(result.output.isEmpty && result.errors.isEmpty) }
    }

    @Test func helpIs0() async throws { #expect(try await audit("--help").code == 0) }

    /// A fork in a file becomes a file of evidence, which the finding names by its hash.
    @Test func anAuditMakesEvidence() async throws {
        var log = try TestLog.honest(3)
        try log.publish { $0.root = .sha256([1]) }
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "fork.jsonl")
        let verify = try await audit(
            "verify", "--trust", "trust.json", "--heads", "fork.jsonl", "--evidence", "evidence", "--json")
        #expect(verify.code == 1)
        let finding = try #require(try JSONReader.parse(Array(verify.output.utf8))["findings"]?.elements?.first)
        let hash = try #require(finding["evidence_sha256"]?.text?.description)
        let path = "evidence/\(hash.prefix(16)).json"
        let bytes = Array(try Data(contentsOf: folder.url.appending(path: path)))
        #expect(Digest.sha256(bytes).hex == hash)
        #expect(try await audit("evidence", path, "--trust", "trust.json").code == 1)
    }

    @Test func evidence() async throws {
        var log = try TestLog.honest(3)
        try log.publish { $0.root = .sha256([1]) }
        func evidence(_ heads: [SignedTreeHead]) throws -> [UInt8] {
            Evidence(
                kind: .sameSizeDifferentRoot, log: try log.trust(),
                heads: heads.map { .init(head: $0.value, observed: []) }, equivocating: [], created: 0, tool: "test"
            ).json.bytes()
        }
        _ = try folder.write(evidence([log.heads[2], log.heads[3]]), to: "fork.json")
        _ = try folder.write(evidence([log.heads[1], log.heads[2]]), to: "honest.json")
        _ = try folder.write(TestLog(firstSeed: 60).trust().json.bytes(), to: "other.json")
        let proved = try await audit("evidence", "fork.json", "--trust", "trust.json")
        #expect(proved.code == 1)
        #expect(proved.output.hasPrefix("proved: same-size-different-root\n"))
        #expect(proved.output.hasSuffix("  signed both sides: cosigner_0, cosigner_1\n"))
        #expect(try await audit("evidence", "honest.json", "--trust", "trust.json").code == 0)
        #expect(try await audit("evidence", "fork.json", "--trust", "other.json").code == 3)
        #expect(try await audit("evidence", "bad.json", "--trust", "trust.json").code == 3)
        #expect(try await audit("evidence", "missing.json", "--trust", "trust.json").code == 3)
        #expect(try await audit("evidence", "fork.json", "--trust", "missing.json").code == 2)
    }
}
