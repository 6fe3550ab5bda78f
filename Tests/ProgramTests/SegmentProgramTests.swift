import HostileLog
import Testing
import TransparencyLog

struct SegmentProgramTests {
    /// Three parts of a chain with a fork, joined: what verify prints, and the evidence that it writes.
    @Test(arguments: ["line", "tree-size"])
    func joinSaysWhatVerifySays(unit: String) async throws {
        let folder = try ScratchFolder()
        var log = try TestLog.honest(9)
        try log.publish { $0.root = .sha256([1]) }
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
        let inputs = ["--trust", "trust.json", "--heads", "sth.jsonl", "--leaves", "users.jsonl"]
        for (index, range) in ["..3", "4..6", "7.."].enumerated() {
            let result = try await Program.run(
                "nexo-audit",
                ["segment"] + inputs
                    + ["--range", range, "--by", unit, "--now", "1800000000", "--output", "\(index).segment"],
                folder: folder.url)
            #expect(result.code == 0 && result.output.isEmpty, "\(result.errors)")
        }
        let joined = try await Program.run(
            "nexo-audit",
            ["join", "2.segment", "0.segment", "1.segment", "--json", "--evidence", "joined"], folder: folder.url)
        let whole = try await Program.run(
            "nexo-audit", ["verify"] + inputs + ["--json", "--evidence", "whole"], folder: folder.url)
        #expect(joined.code == 1 && joined.output == whole.output && !whole.output.isEmpty)
        #expect(try await Program.shell("diff -r joined whole", folder: folder.url).code == 0)
        let gap = try await Program.run("nexo-audit", ["join", "0.segment", "2.segment"], folder: folder.url)
        #expect(gap.code == 3 && gap.errors.contains("are in no segment") && gap.output.isEmpty)
        _ = try folder.write("{", to: "torn.segment")
        let torn = try await Program.run("nexo-audit", ["join", "torn.segment"], folder: folder.url)
        #expect(torn.code == 3 && torn.errors.contains("torn.segment: is no JSON"))
    }

    @Test(arguments: ["--range 5..4", "--range x", "--range 1..2 --by heads", ""])
    func badUsageIs2(arguments: String) async throws {
        let folder = try ScratchFolder()
        let given = ["segment", "--trust", "t", "--heads", "h", "--now", "1", "--output", "o"]
        let result = try await Program.run(
            "nexo-audit", given + arguments.split(separator: " ").map(String.init), folder: folder.url)
        #expect(result.code == 2 && result.output.isEmpty)
    }
}
