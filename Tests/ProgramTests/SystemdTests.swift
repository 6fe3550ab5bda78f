import Foundation
import HostileLog
import Testing
import TransparencyLog

/// What systemd is told, on a socket in its place.
struct SystemdTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func configure(_ log: TestLog, _ url: String) throws {
        _ = try folder.write(log.trust().json.bytes(), to: "a.json")
        _ = try folder.write(
            "listen: 127.0.0.1:0\ninterval: 100ms\nlogs: [{name: a, url: \"\(url)\", trust: a.json}]\n",
            to: "watch.yaml")
    }

    private func start(_ socket: String, _ more: [String: String] = [:]) throws -> Program {
        try Program(
            "nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url,
            environment: ["NOTIFY_SOCKET": socket].merging(more) { $1 })
    }

    private func count(_ socket: NotifySocket, _ prefix: String) -> Int {
        socket.lines.count { $0.hasPrefix(prefix) }
    }

    /// By a path and by an abstract name.
    @Test(arguments: [false, true]) func notifications(isAbstract: Bool) async throws {
        let log = try TestLog.honest(1)
        try await ScriptedServer.run { server, url in
            server.answer(log.script())
            try configure(log, url)
            let path = folder.url.appending(path: "notify").path
            let socket = try NotifySocket(isAbstract ? "@\(path)" : path)
            let daemon = try start(socket.name, ["WATCHDOG_USEC": "200000"])
            let port = try await daemon.port()
            #expect(port > 0)
            let ready = "READY=1\nSTATUS=1 log, 0 open alerts"
            #expect(await eventually { socket.read().contains(ready) })
            #expect(await eventually { count(socket, "WATCHDOG=1") >= 3 })
            daemon.signal(SIGHUP)
            #expect(await eventually { socket.read().count { $0 == ready } == 2 })
            // A wrong file: nothing changes, and the reload is over as well.
            _ = try folder.write("logs: [", to: "watch.yaml")
            daemon.signal(SIGHUP)
            #expect(await eventually { socket.read().count { $0 == ready } == 3 })
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
            let order = socket.lines.filter { !$0.hasPrefix("WATCHDOG") && !$0.hasPrefix("STATUS") }
            #expect(
                order.map { $0.prefix { $0 != "=" } } == [
                    "READY", "RELOADING", "MONOTONIC_USEC", "READY", "RELOADING", "MONOTONIC_USEC", "READY", "STOPPING",
                ])
            let times = order.compactMap { $0.wholeMatch(of: /MONOTONIC_USEC=(\d+)/).flatMap { UInt64($0.1) } }
            #expect(times.count == 2 && times[0] > 0 && times[1] > times[0])
        }
    }

    /// The watchdog of another process is none of ours, and what is open is in the status.
    @Test func anotherProcessesWatchdog() async throws {
        var log = try TestLog.honest(3)
        try log.publish { $0.root = .sha256([1]) }
        let forked = log
        try await ScriptedServer.run { server, url in
            server.answer(forked.script())
            try configure(forked, url)
            let once = try await Program.run(
                "nexo-watch", ["run", "--once", "--config", "watch.yaml"], folder: folder.url)
            #expect(once.code == 1)
            let socket = try NotifySocket(folder.url.appending(path: "notify").path)
            let daemon = try start(socket.name, ["WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"])
            #expect(await eventually { socket.lines.contains("STATUS=1 log, 1 open alert") })
            let polls = server.asked.count
            #expect(await eventually { server.asked.count > polls + 3 })
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
            #expect(count(socket, "WATCHDOG=1") == 0)
        }
    }

    /// A socket that is not there is told in the log, and stops nothing.
    @Test(arguments: ["notify", "/nowhere/notify"]) func nobodyListens(socket: String) async throws {
        let log = try TestLog.honest(1)
        try await ScriptedServer.run { server, url in
            server.answer(log.script())
            try configure(log, url)
            let daemon = try start(socket)
            #expect(await eventually { daemon.errorText.contains("systemd cannot be told") })
            #expect(daemon.errorText.contains("NOTIFY_SOCKET=\(socket): "))
            daemon.signal(SIGTERM)
            #expect(try await daemon.wait().code == 0)
        }
    }

    @Test func theServer() async throws {
        let socket = try NotifySocket(folder.url.appending(path: "notify").path)
        let server = try Program(
            "nexo-server", ["run", "--host", "127.0.0.1", "--port", "0"], folder: folder.url,
            environment: ["NOTIFY_SOCKET": socket.name])
        #expect(await eventually { socket.read() == ["READY=1"] })
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
        #expect(socket.read() == ["READY=1", "STOPPING=1"])
    }
}
