import Foundation
import FoundationNetworking
import HostileLog
import Synchronization
import Testing
import TransparencyLog

/// SIGHUP reads the configuration again.
struct ReloadTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func write(_ logs: [(name: String, log: TestLog)], _ url: String, more: String = "", ofLogs: String = "")
        throws
    {
        var yaml = "listen: 127.0.0.1:0\ninterval: 100ms\n\(more)\nlogs:\n"
        for (name, log) in logs {
            _ = try folder.write(log.trust().json.bytes(), to: "\(name).json")
            yaml += "  - {name: \(name), url: \(url)/\(name), trust: \(name).json\(ofLogs)}\n"
        }
        _ = try folder.write(yaml, to: "watch.yaml")
    }

    private func start() throws -> Program {
        try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
    }

    private func page(_ port: Int, _ path: String = "metrics", token: String? = nil) async -> (code: Int, text: String)
    {
        guard let url = URL(string: "http://127.0.0.1:\(port)/\(path)") else { return (0, "") }
        var request = URLRequest(url: url)
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        guard let (data, response) = try? await URLSession.shared.data(for: request) else { return (0, "") }
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// Log `a` has a fork, log `b` has none; both below one URL.
    private static func logs() throws -> (a: TestLog, b: TestLog) {
        var first = try TestLog.honest(3)
        try first.publish { $0.root = .sha256([1]) }
        var second = TestLog(firstSeed: 50)
        second.register("x")
        try second.publish()
        return (first, second)
    }

    private static func serve(_ logs: (a: TestLog, b: TestLog), _ server: ScriptedServer) throws {
        let (one, two) = (logs.a.script(), logs.b.script())
        server.answer { question in
            var question = question
            let isFirst = question.path.hasPrefix("/a/")
            question.path = String(question.path.dropFirst(2))
            return isFirst ? one(question) : two(question)
        }
    }

    private func told(_ daemon: Program) -> Int {
        daemon.errorText.split(separator: "\n").count { $0.contains("\"rule\":\"same-size-different-root\"") }
    }

    /// Logs come and go; a wrong file changes nothing; a fork that was told of is not told of again.
    @Test func logsComeAndGo() async throws {
        let logs = try Self.logs()
        try await ScriptedServer.run { server, url in
            try Self.serve(logs, server)
            try write([("a", logs.a)], url)
            let daemon = try start()
            let port = try await daemon.port()
            func shows(_ text: String) async -> Bool { await eventually { await page(port).text.contains(text) } }
            let fork = "nexo_watch_fork_detected{log=\"a\"} 1\n"
            let good = "nexo_watch_config_last_reload_successful 1\n"
            #expect(await shows(fork))
            #expect(await page(port).text.contains(good))
            // A wrong file.
            _ = try folder.write("logs: [", to: "watch.yaml")
            daemon.signal(SIGHUP)
            #expect(await shows("nexo_watch_config_last_reload_successful 0\n"))
            #expect(
                await eventually { daemon.errorText.contains("the configuration is wrong, and nothing was changed") })
            #expect(await eventually { daemon.errorText.contains("watch.yaml: not YAML") })
            let polls = server.asked.count
            #expect(await eventually { server.asked.count > polls + 1 })
            // A right one that names a wrong file.
            try write([("a", logs.a), ("b", logs.b)], url)
            _ = try folder.write("{}", to: "b.json")
            daemon.signal(SIGHUP)
            #expect(await eventually { daemon.errorText.contains("log b: ") })
            #expect(await !page(port).text.contains("log=\"b\""))
            // One log more; and what cannot change.
            try write([("a", logs.a), ("b", logs.b)], url, more: "store: other.db\nevidence: other")
            daemon.signal(SIGHUP)
            #expect(await shows("nexo_watch_head_tree_size{log=\"b\"} 1\n"))
            let text = await page(port).text
            #expect(text.contains(good) && text.contains(fork))
            for key in ["store", "evidence"] { #expect(daemon.errorText.contains("\"\(key) was changed; it stays")) }
            #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "other.db").path))
            #expect(await page(port, "api/v1/logs/b").code == 200)
            // One less, and its trust file gone with it.
            try write([("b", logs.b)], url)
            try FileManager.default.removeItem(at: folder.url.appending(path: "a.json"))
            daemon.signal(SIGHUP)
            #expect(await eventually { await !page(port).text.contains("log=\"a\"") })
            #expect(await eventually { await page(port, "api/v1/logs/a").code == 404 })
            // And back again: its fork is still known, and told of already.
            try write([("a", logs.a), ("b", logs.b)], url)
            daemon.signal(SIGHUP)
            #expect(await shows(fork))
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
            #expect(told(daemon) == 1)
        }
    }

    /// A latched fork never seems to be over while watchers follow each other, and no count begins anew.
    @Test func reloadsInARow() async throws {
        let logs = try Self.logs()
        try await ScriptedServer.run { server, url in
            try Self.serve(logs, server)
            try write([("a", logs.a)], url, ofLogs: ", max_head_age: 24h")
            let daemon = try start()
            let port = try await daemon.port()
            #expect(
                await eventually { await page(port).text.contains("nexo_watch_fork_detected{log=\"a\"} 1\n") })
            #expect(await page(port).text.contains("max_head_age_seconds{log=\"a\"}"))
            try write([("a", logs.a)], url)
            let read = { @Sendable in daemon.errorText.split(separator: "\n").count { $0.contains("was read again") } }
            let isLatchedAlways = Mutex(true)
            for _ in 0..<5 {
                let before = read()
                daemon.signal(SIGHUP)
                let isRead = await eventually {
                    let text = await page(port).text
                    let isLatched =
                        text.contains("nexo_watch_fork_detected{log=\"a\"} 1\n")
                        && !text.contains("rule=\"same-size-different-root\"} 0\n")
                    isLatchedAlways.withLock { $0 = $0 && isLatched }
                    return read() > before
                }
                #expect(isRead)
            }
            #expect(isLatchedAlways.withLock { $0 })
            #expect(await !page(port).text.contains("max_head_age_seconds{log=\"a\"}"))
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
            #expect(told(daemon) == 1)
        }
    }

    /// In the middle of a send: the message is waited for, and not sent again by the next watcher.
    @Test func inTheMiddleOfASend() async throws {
        let logs = try Self.logs()
        try await ScriptedServer.run { server, url in
            try await Receiver.run { receiver, hook in
                try Self.serve(logs, server)
                let isHeld = Mutex(true)
                receiver.answer { _ in
                    _ = await eventually { isHeld.withLock { !$0 } }
                    return 200
                }
                let sinks = "alerts: {sinks: [{name: ops, webhook: {url: \"\(hook)\"}, timeout: 60s}]}"
                try write([("a", logs.a)], url, more: sinks)
                let daemon = try start()
                let port = try await daemon.port()
                #expect(await eventually { receiver.received.count == 1 })
                try write([("a", logs.a), ("b", logs.b)], url, more: sinks)
                daemon.signal(SIGHUP)
                // Polls go on while the message is waited for.
                let polls = server.asked.count
                #expect(await eventually { server.asked.count > polls + 3 })
                #expect(!daemon.errorText.contains("was read again"))
                isHeld.withLock { $0 = false }
                #expect(
                    await eventually {
                        await page(port).text.contains("nexo_watch_head_tree_size{log=\"b\"} 1\n")
                    })
                let more = server.asked.count
                #expect(await eventually { server.asked.count > more + 5 })
                // A sink that is gone has no series.
                try write([("b", logs.b)], url)
                daemon.signal(SIGHUP)
                #expect(await eventually { await !page(port).text.contains("sink=\"ops\"") })
                daemon.signal(SIGTERM)
                #expect(try await daemon.wait().code == 0)
                #expect(receiver.received.count == 1)
                #expect(told(daemon) == 1)
            }
        }
    }

    /// Who may read is read again, too. A wrong token is asked with in WatchServiceTests: Foundation's client waits for
    /// ever where an answer names two ways to authorize.
    @Test func anotherToken() async throws {
        let logs = try Self.logs()
        try await ScriptedServer.run { server, url in
            try Self.serve(logs, server)
            let (old, new) = (String(repeating: "a", count: 32), String(repeating: "b", count: 32))
            _ = try folder.write(old, to: "token")
            try write([("b", logs.b)], url, more: "status: {token_file: token}")
            let daemon = try start()
            let port = try await daemon.port()
            #expect(await page(port, token: old).code == 200)
            _ = try folder.write("short", to: "token")
            daemon.signal(SIGHUP)
            #expect(await eventually { daemon.errorText.contains("must hold one token of at least 16") })
            #expect(await page(port, token: old).code == 200)
            _ = try folder.write(new, to: "token")
            daemon.signal(SIGHUP)
            #expect(await eventually { daemon.errorText.contains("was read again") })
            #expect(await page(port, token: new).code == 200)
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
        }
    }

    /// A SIGHUP in the middle of the start ends nothing and is not lost; many of them do not pile up.
    @Test func atAnyTime() async throws {
        let logs = try Self.logs()
        try await ScriptedServer.run { server, url in
            try Self.serve(logs, server)
            try write([("b", logs.b)], url)
            let daemon = try start()
            // From the moment on that the database is there.
            let store = folder.url.appending(path: "watch.db").path
            #expect(await eventually { FileManager.default.fileExists(atPath: store) })
            try write([("a", logs.a)], url)
            for _ in 0..<20 { daemon.signal(SIGHUP) }
            let port = try await daemon.port()
            #expect(
                await eventually {
                    let text = await page(port).text
                    return text.contains("nexo_watch_fork_detected{log=\"a\"} 1\n") && !text.contains("log=\"b\"")
                })
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
        }
    }
}
