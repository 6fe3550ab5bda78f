import Foundation
import HostileLog
import Testing
import TransparencyLog

/// `--verifier` and `verifier:` choose what verifies, and change no verdict.
struct VerifierProgramTests {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        var log = TestLog()
        for index in 0..<200 {
            log.register("user\(index)@test")
            try log.publish { lies in
                if index == 150 { lies.signedPolicy = #"{"t":1,"n":3}"# }
                if index == 160 { lies.root = .zero }
            }
        }
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(log.headLines.prefix(100).map { $0 + "\n" }.joined(), to: "part.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
    }

    static let names = Ed25519Engine.allCases.filter(\.isAvailable).map(\.rawValue)

    @Test(arguments: ["verify", "report"]) func oneVerdict(command: String) async throws {
        var outputs: Set<String> = []
        for name in Self.names {
            for jobs in ["1", "2"] {
                var arguments = [
                    command, "--trust", "trust.json", "--heads", "sth.jsonl", "--leaves", "users.jsonl", "--verifier",
                    name, "--jobs", jobs,
                ]
                if command == "verify" { arguments.append("--json") }
                let result = try await Program.run("nexo-audit", arguments, folder: folder.url)
                #expect(result.code == 1)
                #expect(result.output.contains("signature-invalid") && result.output.contains("root-mismatch"))
                outputs.insert(result.output)
            }
        }
        #expect(outputs.count == 1)
    }

    @Test func inDiff() async throws {
        for name in Self.names {
            let result = try await Program.run(
                "nexo-audit", ["diff", "sth.jsonl", "part.jsonl", "--trust", "trust.json", "--verifier", name],
                folder: folder.url)
            #expect(result.code == 0, "\(result.output) \(result.errors)")
        }
    }

    @Test(arguments: ["verify", "report"]) func anUnknownVerifierIs2(command: String) async throws {
        let result = try await Program.run(
            "nexo-audit",
            [command, "--trust", "trust.json", "--heads", "sth.jsonl", "--verifier", "openssl"], folder: folder.url)
        #expect(result.code == 2 && result.errors.contains("openssl"))
    }

    @Test func inAConfiguration() async throws {
        func check(_ verifier: String) async throws -> Program.Result {
            let yaml =
                "store: watch.db\nverifier: \(verifier)\nlogs:\n  - {name: a, url: \"http://127.0.0.1:1\", trust: trust.json}\n"
            _ = try folder.write(yaml, to: "watch.yaml")
            return try await Program.run("nexo-watch", ["check-config", "--config", "watch.yaml"], folder: folder.url)
        }
        for name in Self.names { #expect(try await check(name).code == 0) }
        let wrong = try await check("openssl")
        #expect(wrong.code == 2)
        #expect(wrong.errors.contains("verifier: must be one of auto, sodium, portable, ifma, not \"openssl\""))
    }
}
