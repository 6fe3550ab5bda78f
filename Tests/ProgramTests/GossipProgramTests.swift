import Foundation
import HostileLog
import Synchronization
import Testing
import TransparencyLog

/// Watchers as processes, on addresses of their own; keys, checkpoints and quorums as an operator handles them.
struct GossipProgramTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func run(_ program: String, _ arguments: [String]) async throws -> Program.Result {
        try await Program.run(program, arguments, folder: folder.url)
    }

    private func keygen(_ name: String) async throws -> String {
        let made = try await run(
            "nexo-watch", ["keygen", "--name", "watch.example/\(name)", "--output", "\(name).key"])
        #expect(made.code == 0 && made.errors.isEmpty)
        return String(made.output.dropLast())
    }

    @Test func keysAreSecretAndNeverOverwritten() async throws {
        let vkey = try await keygen("w1")
        #expect(try CosignerKey(vkey: vkey).name == "watch.example/w1")
        let file = folder.url.appending(path: "w1.key")
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(try CosignerSigningKey(secretText: String(text.dropLast())).publicKey.description == vkey)
        let again = try await run("nexo-watch", ["keygen", "--name", "w1", "--output", "w1.key"])
        #expect(again.code == 2)
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
        let bad = try await run("nexo-watch", ["keygen", "--name", "with space", "--output", "w2.key"])
        #expect(bad.code == 2 && bad.errors.contains("--name"))
        let url = try await run("nexo-watch", ["keygen", "--name", "https://watch.example", "--output", "w2.key"])
        #expect(url.code == 2 && url.errors.contains("without its scheme"))
    }

    @Test func quorum() async throws {
        let log = try TestLog.honest(3)
        _ = try folder.write(log.trust().json.bytes(), to: "log.json")
        _ = try folder.write(log.heads[2].value.bytes(), to: "head.json")
        _ = try folder.write(log.heads[1].value.bytes(), to: "other.json")
        var keys = "# ours\n"
        for name in ["w1", "w2", "w3"] {
            keys += try await keygen(name) + "\n"
            let secret = try String(contentsOf: folder.url.appending(path: "\(name).key"), encoding: .utf8)
            let key = try CosignerSigningKey(secretText: String(secret.dropLast()))
            // The third one was shown another tree.
            let root = name == "w3" ? Digest.sha256([1]) : log.heads[2].root
            let origin = Checkpoint.origin(logID: try log.trust().logID)
            let checkpoint = Checkpoint(origin: origin, treeSize: 3, root: root)
            let note = SignedNote(text: checkpoint.text, signatures: [key.cosign(checkpoint, at: 1_700_000_000)])
            _ = try folder.write(Array(note.description.utf8), to: "\(name).note")
        }
        _ = try folder.write(keys, to: "watchers.txt")
        func check(_ notes: [String], _ threshold: Int, head: String = "head.json", more: [String] = []) async throws
            -> Int32
        {
            try await run(
                "nexo-audit",
                [
                    "quorum", "--trust", "log.json", "--head", head, "--watchers", "watchers.txt", "--threshold",
                    "\(threshold)",
                ] + more + notes
            ).code
        }
        #expect(try await check(["w1.note", "w2.note"], 2) == 0)
        #expect(try await check(["w1.note", "w1.note"], 2) == 3)
        #expect(try await check(["w1.note", "w2.note"], 2, more: ["--max-age", "60"]) == 3)
        #expect(try await check(["w1.note", "w2.note"], 2, head: "other.json") == 3)
        #expect(try await check(["w1.note", "w2.note", "w3.note"], 2) == 1)
        #expect(try await check(["w1.note", "head.json"], 1) == 0)
        #expect(try await check(["w1.note"], 4) == 2)
        #expect(try await check(["missing.note"], 1) == 2)
        #expect(try await check(["w1.note"], 1, head: "w1.note") == 3)
    }

    private struct Watch {
        let name: String
        let address: String
        let port: Int
        let vkey: String
        var url: String { "http://\(address):\(port)" }
    }

    private func makeWatches() async throws -> [Watch] {
        var watches: [Watch] = []
        for (name, address) in [("a", "127.0.0.2"), ("b", "127.0.0.3"), ("c", "127.0.0.4")] {
            let vkey = try await keygen(name)
            watches.append(Watch(name: name, address: address, port: try ScratchPort.free(on: address), vkey: vkey))
        }
        return watches
    }

    private func configure(_ watch: Watch, _ all: [Watch], _ url: String, liar: String) throws {
        let others = all.filter { $0.name != watch.name }.map { ($0.name, $0.url) } + [("liar", liar)]
        let peers = others.map { #"{name: \#($0.0), url: "\#($0.1)"}"# }
        _ = try folder.write(
            """
            listen: "\(watch.address):\(watch.port)"
            store: \(watch.name).db
            evidence: \(watch.name)
            interval: 500ms
            limits: {backoff_max: 1s}
            status: {hosts: ["\(watch.address)"]}
            vantages: [{name: own, interface: \(watch.address)}]
            gossip: {key_file: \(watch.name).key, interval: 500ms, peers: [\(peers.joined(separator: ", "))]}
            logs: [{name: log, url: "\(url)", trust: log.json, leaves: "\(url)/users.jsonl"}]

            """, to: "\(watch.name).yaml")
    }

    private static let forks: Set = ["same-size-different-root", "branch", "inconsistent", "split-view"]

    private func start(_ watch: Watch) throws -> Program {
        try Program("nexo-watch", ["run", "--config", "\(watch.name).yaml"], folder: folder.url)
    }

    private func files(_ watch: Watch) -> [String] {
        let path = folder.url.appending(path: watch.name).path
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".json") }
    }

    private func get(_ url: String) async throws -> String {
        try await Program.shell("curl -s --max-time 120 \(url)", folder: folder.url).output
    }

    /// What a peer sends that is of no use: garbage, too much, heads that nobody signed, old ones, and evidence that proves
    /// nothing, each in its turn.
    private static func lies(about log: TestLog) throws -> ScriptedServer.Script {
        let logID = try log.trust().logID
        func heads(_ head: String) -> ScriptedServer.Answer {
            .init(#"{"heads":[{"log_id":"\#(logID)","name":"log","head":\#(head)}]}"#)
        }
        let forged = log.headLines[3].replacing(log.heads[3].root.base64, with: Digest.sha256([1]).base64)
        let file = Array(#"{"format":"nexo-evidence/v1","kind":"branch"}"#.utf8)
        let name = Digest.sha256(file).hex
        let lists: [ScriptedServer.Answer] = [
            heads(forged), heads(log.headLines[0]), .init("garbage"),
            .init(body: [UInt8](repeating: 0x20, count: 9 << 20)),
        ]
        let turn = Mutex(0)
        return { question in
            switch question.path {
            case "/gossip/v1/heads":
                lists[
                    turn.withLock { turn in
                        turn += 1
                        return turn % lists.count
                    }]
            case "/gossip/v1/evidence":
                .init(#"{"evidence":[{"log_id":"\#(logID)","conflict":"\#(name)","sha256":"\#(name)"}]}"#)
            default: .init(body: file)
            }
        }
    }

    /// A log that shows one address another history, a watcher that is killed while notes are compared, and a peer that lies.
    @Test func threeWatchersAndAKill() async throws {
        try await ScriptedServer.run { hostile, liar in try await threeWatchersAndAKill(hostile, liar) }
    }

    private func threeWatchersAndAKill(_ hostile: ScriptedServer, _ liar: String) async throws {
        try await ScriptedServer.run { server, url in
            let common = try TestLog.honest(4)
            let views = try ["x", "y"].map { name in
                var view = common
                view.register(name)
                try view.publish()
                return view
            }
            let scripts = views.map { $0.script() }
            let honest = common.script()
            server.answer(honest)
            hostile.answer(try Self.lies(about: common))
            _ = try folder.write(common.trust().json.bytes(), to: "log.json")
            let watches = try await makeWatches()
            for watch in watches { try configure(watch, watches, url, liar: liar) }
            var programs = try watches.map(start)
            for program in programs { _ = try await program.port() }
            let logID = try common.trust().logID
            // While the log is honest, all vouch for one head, and an independent reader agrees.
            for watch in watches {
                let checkpoint = "\(watch.url)/gossip/v1/logs/\(logID)/checkpoint"
                #expect(try await eventually { try await get(checkpoint).contains("\n4\n") }, "\(watch.name)")
                _ = try folder.write(try await get(checkpoint), to: "\(watch.name).note")
                let reader = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
                    path: "../../scripts/support/check-checkpoint.py")
                let read = try await Program.shell(
                    "python3 '\(reader.path)' '\(watch.vkey)' \(watch.name).note", folder: folder.url)
                #expect(
                    read.code == 0 && read.output.hasPrefix("nexo-log/\(logID) 4 \(common.heads[3].root) "),
                    "\(read.errors)")
            }
            _ = try folder.write(common.heads[3].value.bytes(), to: "head.json")
            _ = try folder.write(watches.map(\.vkey).joined(separator: "\n"), to: "watchers.txt")
            let quorum = try await run(
                "nexo-audit",
                [
                    "quorum", "--trust", "log.json", "--head", "head.json", "--watchers", "watchers.txt", "--threshold",
                    "3",
                ]
                    + watches.map { "\($0.name).note" })
            #expect(quorum.code == 0, "\(quorum.errors)")
            // The liar was asked for all that it has, and nobody believed it.
            for watch in watches {
                #expect(
                    await eventually {
                        let metrics = (try? await get("\(watch.url)/metrics")) ?? ""
                        return [
                            #"heads_total{answer="rejected",peer="liar"}"#, #"heads_total{answer="older",peer="liar"}"#,
                            #"failures_total{peer="liar",reason="malformed"}"#,
                            #"failures_total{peer="liar",reason="too_large"}"#,
                            #"evidence_total{answer="malformed",peer="liar"}"#,
                        ].allSatisfy { metrics.contains("nexo_watch_gossip_\($0) ") && !metrics.contains("\($0) 0\n") }
                    }, "\(watch.name)")
                #expect(try await get("\(watch.url)/metrics").contains("nexo_watch_fork_detected{log=\"log\"} 0\n"))
                #expect(files(watch).isEmpty)
            }
            // Now it splits; the one who sees the other side is killed as soon as one of the others knows.
            server.answer { scripts[$0.client == "127.0.0.3" ? 1 : 0]($0) }
            #expect(await eventually { !files(watches[0]).isEmpty || !files(watches[2]).isEmpty })
            programs[1].signal(SIGKILL)
            #expect(try await programs[1].wait().code == -SIGKILL)
            #expect(await eventually { !files(watches[0]).isEmpty && !files(watches[2]).isEmpty })
            programs[1] = try start(watches[1])
            _ = try await programs[1].port()
            let checker = EvidenceChecker(trust: try common.trust())
            @Sendable func conflicts(_ watch: Watch) -> Set<Digest> {
                Set(
                    files(watch).compactMap { name in
                        FileManager.default.contents(
                            atPath: folder.url.appending(path: "\(watch.name)/\(name)").path
                        ).flatMap { try? Evidence(json: Array($0)) }.flatMap { checker.conflict($0)?.id }
                    })
            }
            #expect(
                await eventually { !conflicts(watches[1]).isEmpty && Set(watches.map(conflicts)).count == 1 })
            for watch in watches {
                // Nothing was found but the fork.
                let findings = try await get("\(watch.url)/api/v1/logs/log/findings")
                let rules = Set(findings.matches(of: /"rule":"([a-z-]+)"/).map { String($0.1) })
                #expect(!rules.isEmpty && rules.isSubset(of: Self.forks), "\(watch.name): \(rules)")
                for name in files(watch) {
                    let checked = try await run(
                        "nexo-audit", ["evidence", "\(watch.name)/\(name)", "--trust", "log.json"])
                    #expect(
                        checked.code == 1 && checked.output.contains("proved"), "\(checked.output)\(checked.errors)")
                }
            }
            for program in programs { program.signal(SIGTERM) }
            for program in programs { #expect(try await program.wait().code == 0) }
        }
    }
}

/// A port that is free on an address; servers that are started again need the same one.
private enum ScratchPort {
    static func free(on address: String) throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &place.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw CocoaError(.featureUnsupported) }
        return Int(UInt16(bigEndian: place.sin_port))
    }
}
