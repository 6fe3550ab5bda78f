import Foundation
import FoundationNetworking
import HostileLog
import Testing
import TransparencyLog

/// SIGHUP reads the configuration again, and systemd is told how the daemon is.
struct ReloadTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func write(_ logs: [(name: String, trust: TrustFile)], _ url: String, more: String = "") throws {
        var yaml = "listen: 127.0.0.1:0\ninterval: 100ms\n\(more)logs:\n"
        for (name, trust) in logs {
            _ = try folder.write(trust.json.bytes(), to: "\(name).json")
            yaml += "  - {name: \(name), url: \(url)/\(name), trust: \(name).json}\n"
        }
        _ = try folder.write(yaml, to: "watch.yaml")
    }

    private func metrics(_ port: Int) async -> String {
        guard let url = URL(string: "http://127.0.0.1:\(port)/metrics"),
            let (data, _) = try? await URLSession.shared.data(from: url)
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// Logs come and go; a wrong file changes nothing; a fork that was told of is not told of again.
    @Test func reload() async throws {
        var first = try TestLog.honest(3)
        try first.publish { $0.root = .sha256([1]) }
        var second = TestLog(firstSeed: 50)
        second.register("x")
        try second.publish()
        let (a, b) = (first, second)
        try await ScriptedServer.run { server, url in
            let (one, two) = (a.script(), b.script())
            server.answer { question in
                var question = question
                let isFirst = question.path.hasPrefix("/a/")
                question.path = String(question.path.dropFirst(2))
                return isFirst ? one(question) : two(question)
            }
            try write([("a", try a.trust())], url)
            let daemon = try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
            let port = try await daemon.port()
            func shows(_ text: String) async -> Bool { await eventually { await metrics(port).contains(text) } }
            #expect(await shows("nexo_watch_fork_detected{log=\"a\"} 1\n"))
            // A wrong file.
            _ = try folder.write("logs: [", to: "watch.yaml")
            daemon.signal(SIGHUP)
            #expect(await shows("nexo_watch_config_last_reload_successful 0\n"))
            #expect(daemon.errorText.contains("the configuration is wrong, and nothing was changed"))
            // One log more.
            try write([("a", try a.trust()), ("b", try b.trust())], url)
            daemon.signal(SIGHUP)
            #expect(await shows("nexo_watch_head_tree_size{log=\"b\"} 1\n"))
            #expect(await metrics(port).contains("nexo_watch_config_last_reload_successful 1\n"))
            #expect(await metrics(port).contains("nexo_watch_fork_detected{log=\"a\"} 1\n"))
            // And one less.
            try write([("b", try b.trust())], url)
            daemon.signal(SIGHUP)
            #expect(await eventually { await !metrics(port).contains("log=\"a\"") })
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
            let told = daemon.errorText.split(separator: "\n").filter {
                $0.contains("\"rule\":\"same-size-different-root\"")
            }
            #expect(told.count == 1)
        }
    }

    /// The notifications that systemd waits for, in their order.
    @Test func notifications() async throws {
        let log = try TestLog.honest(1)
        try await ScriptedServer.run { server, url in
            let script = log.script()
            server.answer { question in
                var question = question
                question.path = String(question.path.dropFirst(2))
                return script(question)
            }
            try write([("a", try log.trust())], url)
            let socket = try NotifySocket(folder.url.appending(path: "notify").path)
            let daemon = try Program(
                "nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url,
                environment: ["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "200000"])
            #expect(await eventually { socket.read().contains("READY=1\nSTATUS=watching 1 logs") })
            #expect(await eventually { socket.read().filter { $0.hasPrefix("WATCHDOG=1") }.count >= 2 })
            daemon.signal(SIGHUP)
            #expect(await eventually { socket.read().contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") } })
            #expect(await eventually { socket.read().contains("READY=1") })
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
            #expect(socket.read().last == "STOPPING=1")
        }
    }
}
