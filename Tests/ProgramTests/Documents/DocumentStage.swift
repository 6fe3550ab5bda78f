import Foundation
import HostileLog
import TransparencyLog

/// What the documents' commands need around them: a log that is well at the address that they name, a webhook, the
/// package's example and a folder in the place of /etc, and a folder of a watch whose log has forked (watch.yaml, watch.db,
/// evidence), with the log's files before it did.
struct DocumentStage: Sendable {
    let folder: ScratchFolder
    private let server: Program
    private let url: String
    private let hook: String
    private let fork: String
    /// The one file of evidence.
    private let evidence: String

    /// Makes a stage for one document while `body` runs.
    static func run(_ body: @Sendable @escaping (DocumentStage) async throws -> Void) async throws {
        try await ScriptedServer.run { log, url in
            try await Receiver.run { _, hook in
                let stage = try await DocumentStage(log, url, hook)
                try await body(stage)
                stage.server.signal(SIGTERM)
                _ = try await stage.server.wait()
            }
        }
    }

    private init(_ log: ScriptedServer, _ fork: String, _ hook: String) async throws {
        folder = try ScratchFolder()
        (self.fork, self.hook) = (fork, hook)
        let files = FileManager.default
        try files.createSymbolicLink(
            at: folder.url.appending(path: "Fixtures"),
            withDestinationURL: RepositoryFile.root.appending(path: "Fixtures"))

        try files.createDirectory(
            at: folder.url.appending(path: "etc/nexo-watch"), withIntermediateDirectories: true)

        // The log that is well.
        server = try Program(
            "nexo-server", ["run", "--data", "log", "--host", "127.0.0.1", "--port", "0"], folder: folder.url,
            environment: ["PUBLISH_USERS": "1"])
        url = "http://127.0.0.1:\(try await server.port())"
        _ = try await Self.must(
            "nexo-client \(url) log/trust.json first.json register first@example \(Self.key)", folder)

        // The log that forked, and the watch of it.
        let honest = try TestLog.honest(40)
        var forked = honest
        try forked.publish { $0.root = .sha256([1]) }
        log.answer(forked.script())
        for name in ["nexo-eu.json", "trust.json"] { _ = try folder.write(honest.trust().json.bytes(), to: name) }
        _ = try folder.write(honest.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(honest.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
        _ = try folder.write(
            """
            listen: 127.0.0.1:0
            gossip: {}
            alerts: {sinks: [{name: ops, webhook: {url: "\(hook)"}}]}
            logs: [{name: nexo-eu, url: "\(fork)", trust: nexo-eu.json, leaves: "\(fork)/users.jsonl"}]
            """, to: "watch.yaml")
        let once = try await Self.must("nexo-watch run --once || test $? -eq 1", folder)
        let names = try files.contentsOfDirectory(atPath: folder.url.appending(path: "evidence").path)
        guard let name = names.first else { throw Failure("no evidence: \(once.output)\(once.errors)") }
        evidence = "evidence/\(name)"
        let submission = JSONValue.object([
            JSONMember("log_id", .string(JSONText(try honest.trust().logID))),
            JSONMember("heads", .array([honest.heads[39].value])),
        ])
        _ = try folder.write(submission.bytes(), to: "submission.json")
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private static let key = Digest.sha256([2]).base64
    /// As scripts/package lays them out.
    private static let examples = RepositoryFile.root.path + "/packaging/debian/"

    private static func must(_ command: String, _ folder: ScratchFolder) async throws -> Program.Result {
        let result = try await Program.shell(command, folder: folder.url)
        guard result.code == 0 else { throw Failure("\(command): \(result.code): \(result.errors)") }
        return result
    }

    /// The command with the stage's addresses and names in the place of the document's.
    func command(_ text: String) -> String {
        var text = text.replacing("https://eu.example/nexo", with: url)
            .replacing("https://hooks.example/nexo", with: hook)
            .replacing("http://127.0.0.1:5000", with: url)
            .replacing("/usr/share/doc/nexo-watch/examples/", with: Self.examples)
            .replacing("/etc/", with: "etc/")
            // Else an answer that refuses would do.
            .replacing(/^curl (?!--fail)/, with: "curl -sS --fail-with-body ")
            .replacing("--port 5000", with: "--host 127.0.0.1 --port 0")
            .replacing(
                "swift run nexo-client https://log.example trust.json", with: "nexo-client \(url) log/trust.json"
            )
            .replacing(#/ KEY$/#, with: " " + Self.key)
            .replacing(/evidence\/[0-9a-f]{16}\.json --trust nexo-eu\.json/, with: "\(evidence) --trust nexo-eu.json")
            .replacing(/\back 7\b/, with: "ack 1")
            .replacing("1000001..", with: "21..").replacing("1..1000000", with: "1..20")
            .replacing("yesterday.segment", with: "1.segment")
        // What is proposed there listens at a fixed port.
        if text.contains("--folder watch") { text += " && sed -i 's/127.0.0.1:9464/127.0.0.1:0/' watch/watch.yaml" }
        return text
    }

    /// What a command asks for at the watcher's usual address is served while it runs.
    func run(_ command: DocumentCommand) async throws -> Program.Result {
        let text = self.command(command.text)
        guard text.contains("127.0.0.1:9464") else { return try await Program.shell(text, folder: folder.url) }
        let watcher = try Program("nexo-watch", ["run"], folder: folder.url)
        let port = try await watcher.port()
        try await readiness(port)
        let result = try await Program.shell(
            text.replacing("127.0.0.1:9464", with: "127.0.0.1:\(port)"), folder: folder.url)
        watcher.signal(SIGTERM)
        _ = try await watcher.wait()
        return result
    }

    /// Starts a service, waits until it is ready, and stops it.
    func serve(_ command: DocumentCommand) async throws -> Program.Result {
        let program = try Program.start(self.command(command.text), folder: folder.url)
        let port = try await program.port()
        if command.text.hasPrefix("nexo-watch") { try await readiness(port) }
        program.signal(SIGTERM)
        return try await program.wait()
    }

    /// A poll has ended well: the gauges are there before, as 0.
    private func readiness(_ port: Int) async throws {
        let metrics = "curl -sS http://127.0.0.1:\(port)/metrics"
        guard
            try await eventually({
                try await Program.shell(metrics, folder: folder.url).output
                    .contains(/nexo_watch_last_success_timestamp_seconds\{[^}]*\} [1-9]/)
            })
        else { throw Failure("no poll succeeded") }
    }
}
