import Foundation
import HostileLog
import Testing
import TransparencyLog

struct ReportProgramTests {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        let log = try TestLog.honest(3)
        var forked = log
        try forked.publish { $0.root = .sha256([1]) }
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(forked.headLines.map { $0 + "\n" }.joined(), to: "forked.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
        let key = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: 7, count: 32)))
        _ = try folder.write(Base64.encode(key.seed) + "\n", to: "seed")
        _ = try folder.write(Base64.encode(key.publicKey) + "\n", to: "key.pub")
    }

    func audit(_ arguments: String...) async throws -> Program.Result {
        try await Program.run("nexo-audit", arguments, folder: folder.url)
    }

    func contents(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.url.appending(path: name))) }

    @Test(arguments: [("json", "{"), ("html", "<!DOCTYPE html>"), ("markdown", "# "), ("sarif", "{")])
    func eachForm(format: String, beginning: String) async throws {
        let arguments = [
            "report", "--trust", "trust.json", "--heads", "sth.jsonl", "--leaves", "users.jsonl", "--format", format,
        ]
        let printed = try await Program.run("nexo-audit", arguments, folder: folder.url)
        #expect(printed.code == 0 && printed.output.hasPrefix(beginning) && printed.errors.isEmpty)
        let written = try await Program.run(
            "nexo-audit", arguments + ["--output", "r", "--sign", "seed"], folder: folder.url)
        #expect(written.code == 0 && written.output.isEmpty && written.errors.hasPrefix("signed; the public key is "))
        #expect(try contents("r") == Array(printed.output.utf8), "the same inputs give the same bytes")
        let checked = try await audit("check-report", "r", "--key", "key.pub")
        #expect(checked.code == 0)
        #expect(
            checked.output == """
                the report is as it was signed: verdict clean
                  checked: signature, report
                  not checked, since not given: trust, heads, leaves

                """)
    }

    @Test func checkReport() async throws {
        let report = try await audit(
            "report", "--trust", "trust.json", "--heads", "sth.jsonl", "--output", "r.json", "--sign", "seed")
        #expect(report.code == 0)
        #expect(
            try await audit(
                "check-report", "r.json", "--envelope", "r.json.dsse.json", "--key", "key.pub", "--trust", "trust.json",
                "--heads", "sth.jsonl"
            ).code == 0)
        #expect(try await audit("check-report", "r.json", "--key", "key.pub", "--heads", "forked.jsonl").code == 1)
        #expect(try await audit("check-report", "r.json", "--key", "key.pub", "--leaves", "users.jsonl").code == 1)
        #expect(try await audit("check-report", "r.json", "--key", "key.pub", "--heads", "missing").code == 3)
        #expect(try await audit("check-report", "missing.json", "--key", "key.pub").code == 3)
        #expect(try await audit("check-report", "r.json", "--key", "seed").code == 1, "another key")
        #expect(try await audit("check-report", "r.json", "--key", "sth.jsonl").code == 2)
        _ = try folder.write(contents("r.json") + [0x0A], to: "r.json")
        let changed = try await audit("check-report", "r.json", "--key", "key.pub")
        #expect(changed.code == 1 && changed.output.isEmpty && changed.errors.contains("SHA-256 differs"))
    }

    @Test func exitCodesAreThoseOfVerify() async throws {
        let forked = try await audit(
            "report", "--trust", "trust.json", "--heads", "forked.jsonl", "--output", "forked.md", "--format",
            "markdown")
        #expect(forked.code == 1)
        #expect(String(decoding: try contents("forked.md"), as: UTF8.self).contains("**violation**"))
        #expect(try await audit("report", "--trust", "trust.json", "--heads", "missing").code == 3)
        #expect(try await audit("report", "--trust", "missing", "--heads", "sth.jsonl").code == 2)
    }

    @Test(arguments: [
        ["--sign", "seed"], ["--sign", "missing", "--output", "x"], ["--max-head-age", "soon"], ["--format", "pdf"],
        ["--created", "99999999999999999"], ["--jobs", "0"],
    ])
    func badUsageIs2(arguments: [String]) async throws {
        let result = try await Program.run(
            "nexo-audit", ["report", "--trust", "trust.json", "--heads", "sth.jsonl"] + arguments, folder: folder.url)
        #expect(result.code == 2 && result.output.isEmpty && !result.errors.isEmpty)
    }
}
