import Foundation
import HostileLog
import Testing
import TransparencyLog

struct StatusProgramTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func configuration(_ url: String, _ log: TestLog, listen: String = "127.0.0.1:0", more: String = "") throws
    {
        _ = try folder.write(log.trust().json.bytes(), to: "log.json")
        _ = try folder.write(
            """
            listen: "\(listen)"
            interval: 1s
            logs: [{name: log, url: "\(url)", trust: log.json, leaves: "\(url)/users.jsonl"}]
            \(more)
            """, to: "watch.yaml")
    }

    private func status(_ arguments: [String] = []) async throws -> Program.Result {
        try await Program.run("nexo-watch", ["status"] + arguments, folder: folder.url)
    }

    @Test func aLogThatIsWellAndThenForks() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            server.answer(log.script())
            try configuration(url, log)
            let nothing = try await status()
            #expect(nothing.code == 3 && nothing.output.isEmpty && nothing.errors.contains("there is no database yet"))
            let run = try await Program.run(
                "nexo-watch", ["run", "--once", "--config", "watch.yaml"], folder: folder.url)
            #expect(run.code == 0)
            let well = try await status()
            #expect(well.code == 0 && well.errors.isEmpty)
            let lines = well.output.split(separator: "\n")
            // The test log's heads are of 2023: how old they are today is the one thing that is not fixed.
            #expect(
                lines.first?.contains(/^LOG  HEALTH  SIZE  HEAD AGE +ASSURANCE         SIGNERS  ALERTS  POLLED$/)
                    == true)
            let row = /^log  ok      6     \d+ d( \d+ h)? +roots-recomputed  2\/3      0       \d+ s ago$/
            #expect(lines.count == 2 && lines.last?.contains(row) == true)
            var forked = log.prefix(4)
            forked.register("another")
            try forked.publish { $0.signers = [1, 2] }
            server.answer(forked.script())
            _ = try await Program.run("nexo-watch", ["run", "--once", "--config", "watch.yaml"], folder: folder.url)
            let broken = try await status(["--json", "--config", "watch.yaml"])
            #expect(broken.code == 1)
            let entry = try #require(
                try JSONReader.parse(Array(broken.output.utf8.dropLast()))["logs"]?.elements?.first)
            #expect(entry["health"]?.text?.description == "violation" && entry["tree_size"]?.plainInteger == 6)
            // By the id that it is acknowledged with.
            let open = try await status().output
            let alert = try #require(
                open.firstMatch(of: /\nalert (\d+), violation: same-size-different-root in log, since \d{4}-/))
            let acknowledged = try await Program.run(
                "nexo-watch", ["ack", String(alert.1), "--note", "seen"], folder: folder.url)
            #expect(acknowledged.code == 0)
            let after = try await status().output
            #expect(!after.contains("same-size-different-root"))
        }
    }

    /// Beside a daemon that writes, whose log then fails.
    @Test func whileTheWatcherRuns() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(6)
            server.answer(log.script())
            try configuration(url, log)
            let watcher = try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
            _ = try await watcher.port()
            #expect(try await eventually { try await status().code == 0 })
            server.answer { _ in .init("broken", status: 500) }
            // Kept by the watcher's end at the latest.
            #expect(await eventually { watcher.errorText.contains("http_status") })
            watcher.signal(SIGTERM)
            #expect(try await watcher.wait().code == 0)
            let failing = try await status()
            #expect(failing.code == 3 && failing.output.contains("\nlog: failing: the last poll failed: http_status"))
        }
    }

    @Test(arguments: [["run", "--once"], ["check-config"]])
    func anOpenAddressIsRefused(command: [String]) async throws {
        try configuration("http://127.0.0.1:1", TestLog(), listen: "0.0.0.0:0")
        let arguments = command + ["--config", "watch.yaml"]
        let refused = try await Program.run("nexo-watch", arguments, folder: folder.url)
        #expect(refused.code == 2 && refused.errors.contains("set status.token_file to a file with a token"))
        try configuration("http://127.0.0.1:1", TestLog(), listen: "0.0.0.0:0", more: "status: {behind_proxy: true}")
        let allowed = try await Program.run("nexo-watch", arguments, folder: folder.url)
        #expect(allowed.code == (command == ["check-config"] ? 0 : 3))
    }

    @Test(arguments: [
        "{behind_proxy: perhaps}", "{hosts: one}", "{token: x}", "{connections: 0}", "{request_timeout: 0s}",
    ])
    func badStatusSettings(settings: String) async throws {
        try configuration("http://127.0.0.1:1", TestLog(), more: "status: \(settings)")
        let refused = try await Program.run(
            "nexo-watch", ["check-config", "--config", "watch.yaml"], folder: folder.url)
        #expect(refused.code == 2 && refused.errors.contains("status"))
    }
}
