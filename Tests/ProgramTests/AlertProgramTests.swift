import Foundation
import FoundationNetworking
import HostileLog
import Synchronization
import Testing
import TransparencyLog

/// Alerts by the watcher as a process: killed at bad moments, acknowledged by another process.
struct AlertProgramTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// A log of which two heads of one size have different roots.
    private static func fork() throws -> TestLog {
        var log = try TestLog.honest(3)
        try log.publish { $0.root = .sha256([1]) }
        return log
    }

    /// A patient sink: on a busy machine, an answer that is late is no reason to send again.
    private static func webhook(_ url: String) -> String {
        "{name: ops, webhook: {url: \"\(url)\"}, timeout: 5m}"
    }

    private func configure(_ log: TestLog, url: String, sinks: String) throws {
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        _ = try folder.write(
            """
            listen: 127.0.0.1:0
            store: watch.db
            evidence: evidence
            interval: 200ms
            limits: {timeout: 5m, low_speed_time: 5m}
            alerts:
              group_interval: 1s
              retry_first: 50ms
              sinks: [\(sinks)]
            logs:
              - {name: local, url: "\(url)", trust: trust.json}
            """, to: "watch.yaml")
    }

    private func start() throws -> Program {
        try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
    }

    private func metrics(_ port: Int) async throws -> String {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/metrics"))
        return String(decoding: try await URLSession.shared.data(from: url).0, as: UTF8.self)
    }

    /// C4: killed in the middle of a send, the watcher repeats that one message, and no other. What is told has its
    /// evidence on the disk already.
    @Test func killedInTheMiddleOfASend() async throws {
        try await ScriptedServer.run { server, url in
            try await Receiver.run { receiver, hook in
                let log = try Self.fork()
                server.answer(log.script())
                try configure(log, url: url, sinks: Self.webhook(hook))
                let hasEvidence = Mutex<[Bool]>([])
                receiver.answer { message in
                    let alert = try? JSONReader.parse(message.body)
                    let evidence = alert?["findings"]?.elements?.first?["evidence"]
                    let path = evidence?["path"]?.text?.description ?? ""
                    hasEvidence.withLock { $0.append(FileManager.default.fileExists(atPath: path)) }
                    // The message is here, and the watcher does not know it yet.
                    try? await Task.sleep(for: .seconds(600))
                    return 200
                }
                let first = try start()
                #expect(await eventually { receiver.received.count == 1 })
                first.signal(SIGKILL)
                _ = try await first.wait()
                receiver.answer { _ in 200 }
                for _ in 0..<2 {
                    let polls = server.asked.count
                    let next = try start()
                    let port = try await next.port()
                    #expect(await eventually { server.asked.count >= polls + 3 && receiver.received.count == 2 })
                    let isMarked = "nexo_watch_alert_queue_depth{sink=\"ops\"} 0\n"
                    #expect(try await eventually { try await metrics(port).contains(isMarked) })
                    next.signal(SIGTERM)
                    #expect(try await next.wait().code == 0)
                }
                let keys = receiver.received.map { $0["Idempotency-Key"] }
                #expect(keys.count == 2 && keys[0] == keys[1] && keys[0]?.hasSuffix("-1") == true)
                #expect(receiver.received[0].body == receiver.received[1].body)
                #expect(hasEvidence.withLock { $0 } == [true])
            }
        }
    }

    /// C4: killed again and again, wherever it is, the watcher tells of everything in the end, and repeats a message at
    /// most once a kill.
    @Test func killedAnywhere() async throws {
        try await ScriptedServer.run { server, url in
            try await Receiver.run { receiver, hook in
                let log = try Self.fork()
                server.answer(log.script())
                try configure(log, url: url, sinks: Self.webhook(hook))
                let kills = 8
                for kill in 0..<kills {
                    let polls = server.asked.count
                    let watcher = try start()
                    // From the moment of the first request on, a little later each time.
                    #expect(await eventually { server.asked.count > polls })
                    for _ in 0..<(kill * 400) { await Task.yield() }
                    watcher.signal(SIGKILL)
                    _ = try await watcher.wait()
                }
                let last = try start()
                #expect(await eventually { !receiver.received.isEmpty })
                let polls = server.asked.count
                #expect(await eventually { server.asked.count >= polls + 3 })
                last.signal(SIGTERM)
                #expect(try await last.wait().code == 0)
                #expect(Set(receiver.received.map { $0["Idempotency-Key"] }).count == 1)
                #expect(receiver.received.count <= kills + 1)
                let once = try await Program.run(
                    "nexo-watch", ["run", "--config", "watch.yaml", "--once"], folder: folder.url)
                #expect(once.code == 1 && once.output.split(separator: "\n").count == 2)
            }
        }
    }

    /// The metric is latched until another process acknowledges the alert; the sink is told, and who and why are kept.
    @Test func anAcknowledgement() async throws {
        try await ScriptedServer.run { server, url in
            try await Receiver.run { receiver, hook in
                let log = try Self.fork()
                server.answer(log.script())
                try configure(log, url: url, sinks: Self.webhook(hook))
                let watcher = try start()
                let port = try await watcher.port()
                #expect(await eventually { receiver.received.count == 1 })
                let latched = "nexo_watch_fork_detected{log=\"local\"} 1\n"
                #expect(try await eventually { try await metrics(port).contains(latched) })
                func ack(_ arguments: [String]) async throws -> Program.Result {
                    try await Program.run(
                        "nexo-watch", ["ack", "--config", "watch.yaml"] + arguments, folder: folder.url)
                }
                let empty = try await ack(["1", "--note", " "])
                #expect(empty.code == 2 && empty.errors.contains("--note: must not be empty"))
                let unknown = try await ack(["9", "--note", "x"])
                #expect(unknown.code == 2 && unknown.errors == "nexo-watch: there is no alert 9\n")
                let done = try await ack(["1", "--note", "a restore, known"])
                #expect(
                    done.code == 0
                        && done.output.hasPrefix("alert 1, same-size-different-root of local: acknowledged by "))
                #expect(try await ack(["1", "--note", "again"]).errors.contains("alert 1 was acknowledged by "))
                #expect(try await eventually { try await !metrics(port).contains(latched) })
                #expect(await eventually { receiver.received.count == 2 })
                let told = try JSONReader.parse(try #require(receiver.received.last).body)
                #expect(told["state"]?.text?.description == "acknowledged")
                #expect(told["acknowledgement"]?["note"]?.text?.description == "a restore, known")
                watcher.signal(SIGTERM)
                #expect(try await watcher.wait().code == 0)
            }
        }
    }

    @Test func anAcknowledgementNeedsAStore() async throws {
        try configure(try Self.fork(), url: "http://127.0.0.1:1", sinks: "")
        let result = try await Program.run(
            "nexo-watch", ["ack", "1", "--note", "x", "--config", "watch.yaml"], folder: folder.url)
        #expect(result.code == 2 && result.errors.contains("there is no store"))
        #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "watch.db").path))
    }

    @Test func aTestAlert() async throws {
        try await Receiver.run { receiver, hook in
            let command = "{name: pager, command: {run: [sh, -c, \"cat > got.json\"]}}"
            let webhook = "{name: ops, webhook: {url: \"\(hook)/s3cret\"}}"
            let broken = "{name: broken, command: {run: [\"false\"]}}"
            try configure(try Self.fork(), url: "http://127.0.0.1:1", sinks: "\(webhook), \(command)")
            let arguments = ["test-alert", "--config", "watch.yaml"]
            let good = try await Program.run("nexo-watch", arguments, folder: folder.url)
            #expect(good.code == 0)
            #expect(good.output == "ops: took it: HTTP 200\npager: took it: exit code 0\n")
            let got = try Data(contentsOf: folder.url.appending(path: "got.json"))
            #expect(Array(got.dropLast()) == receiver.received.first?.body)
            #expect(try JSONReader.parse(Array(got))["test"] == .bool(true))
            receiver.answer { _ in 403 }
            try configure(try Self.fork(), url: "http://127.0.0.1:1", sinks: "\(webhook), \(broken)")
            let bad = try await Program.run("nexo-watch", arguments, folder: folder.url)
            #expect(bad.code == 3)
            #expect(bad.output == "ops: failed: HTTP 403: status 403\\u{a}\nbroken: failed: exit code 1\n")
            #expect(!(bad.output + bad.errors).contains("s3cret"))
            try configure(try Self.fork(), url: "http://127.0.0.1:1", sinks: "")
            let none = try await Program.run("nexo-watch", arguments, folder: folder.url)
            #expect(none.code == 2 && none.errors.contains("there are no sinks"))
        }
    }
}
