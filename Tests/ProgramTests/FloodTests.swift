import Foundation
import HostileLog
import Testing
import TransparencyLog

/// A flood of hostile requests, in short; scripts/flood is the long form.
struct FloodTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// All hostile requests several times, on 16 connections.
    private func flood(_ port: Int, _ requests: [HostileRequest], _ honest: [UInt8], rounds: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<16 {
                group.addTask {
                    for index in 0..<rounds * requests.count where index % 16 == client {
                        let request = requests[index % requests.count]
                        let answer = try await RawClient.ask(port, [request.bytes + honest])
                        #expect(answer.isEnded && answer.codes.count == (request.ends ? 1 : 2), "\(request)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Memory and descriptors after a flood are what they were after its first round, and an honest client is answered.
    private func check(_ program: Program, _ port: Int, get: String, post: String, bodied: Int) async throws {
        let requests = HostileRequest.all(get: get, post: post, bodied: bodied)
        let honest = Array(HostileRequest.honest(get).utf8)
        try await flood(port, requests, honest, rounds: 2)
        let memory = try program.residentBytes()
        #expect(try await eventually { try program.descriptors() < 40 })
        async let attack: Void = flood(port, requests, honest, rounds: 6)
        for _ in 0..<10 { #expect(try await RawClient.ask(port, HostileRequest.honest(get)).codes == [200]) }
        try await attack
        let growth = try program.residentBytes() - memory
        #expect(growth < 16 << 20 || Sanitizer.isOn)
        #expect(try await eventually { try program.descriptors() < 40 })
    }

    @Test func theServer() async throws {
        let server = try Program(
            "nexo-server", ["run", "--host", "127.0.0.1", "--port", "0"], folder: folder.url,
            environment: ["RATE_LIMIT_RPS": "0", "LOG_LEVEL": "notice"])
        try await check(server, server.port(), get: "/health", post: "/did/register", bodied: 200)
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
    }

    /// The logs are polled meanwhile.
    @Test func theWatcher() async throws {
        let folder = folder
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            _ = try folder.write(log.trust().json.bytes(), to: "log.json")
            _ = try folder.write(
                """
                listen: 127.0.0.1:0
                interval: 100ms
                gossip: {limits: {submissions_per_minute: 1000000}}
                logs: [{name: log, url: "\(url)", trust: log.json}]
                """, to: "watch.yaml")
            let watcher = try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
            let port = try await watcher.port()
            let before = server.asked.count
            try await check(watcher, port, get: "/-/healthy", post: "/gossip/v1/heads", bodied: 413)
            #expect(server.asked.count > before + 10)
            watcher.signal(SIGTERM)
            let result = try await watcher.wait()
            // What strangers send wrongly is nothing for the operator's log.
            #expect(result.code == 0 && !result.errors.contains(#""level":"error""#))
        }
    }
}
