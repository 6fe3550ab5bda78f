import Foundation
import HostileLog
import Synchronization
import Testing
import TransparencyLog

/// The programs as processes under attack: memory and descriptors stay bounded, and who is honest is served in time.
struct HostileNetworkTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private static func metrics(_ port: Int) async throws -> String {
        let request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        return try await RawClient.exchange(port: port, Array(request.utf8))
    }

    private static func sample(_ series: String, in page: String) -> Double {
        page.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? -1
    }

    /// MiB that a process had at most.
    private static func peakMemory(_ program: Program) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.identifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) / 1_024
    }

    private static func descriptors(_ program: Program) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.identifier)/fd").count
    }

    /// One honest log that grows, among logs of which each attacks in another way, all at once and again and again.
    @Test(.timeLimit(.minutes(5))) func honestLogsAmongHostileOnes() async throws {
        let folder = folder
        let log = try TestLog.honest(12)
        _ = try folder.write(log.trust().json.bytes(), to: "log.json")
        let attacks = Mutex<[String: Int]>([:])
        try await ScriptedServer.run { server, honest in
            server.answer(log.prefix(4).script())
            let (ended, end) = AsyncStream.makeStream(of: Program.self)
            try await RawServer.run { connection in
                let path = connection.request.split(separator: " ").dropFirst().first ?? ""
                let name = path.split(separator: "/").first.map(String.init) ?? ""
                guard let answer = HostileAnswer(rawValue: name) else { return }
                attacks.withLock { $0[name, default: 0] += 1 }
                try await answer.script(connection)
            } _: { hostile in
                let names = HostileAnswer.allCases.map(\.rawValue)
                let logs = names.map { name in
                    #"  - {name: \#(name), url: "\#(hostile)/\#(name)", trust: log.json, "#
                        + #"leaves: "\#(hostile)/\#(name)/users.jsonl"}"#
                }
                _ = try folder.write(
                    """
                    listen: 127.0.0.1:0
                    interval: 500ms
                    limits: {timeout: 3s, low_speed: 1000, low_speed_time: 1s, backoff_max: 1s, chain_bytes: 1000000,
                      header_bytes: 20000, fetches_per_host: 64}
                    logs:
                      - {name: honest, url: "\(honest)", trust: log.json, leaves: "\(honest)/users.jsonl"}
                    \(logs.joined(separator: "\n"))

                    """, to: "watch.yaml")
                let watcher = try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
                let port = try await watcher.port()
                var longest = Duration.zero
                for size in 4...12 {
                    server.answer(log.prefix(size).script())
                    let start = ContinuousClock.now
                    let isVerified = try await eventually {
                        let page = try await Self.metrics(port)
                        return Self.sample(#"nexo_watch_head_tree_size{log="honest"}"#, in: page) == Double(size)
                    }
                    #expect(isVerified, "size \(size): \(watcher.errorText.suffix(500))")
                    longest = max(longest, ContinuousClock.now - start)
                }
                // Each attack was met twice at least, so that what one leaves behind would add up.
                let areMet = await eventually { attacks.withLock { met in names.allSatisfy { met[$0] ?? 0 > 1 } } }
                #expect(areMet)
                #expect(longest < .seconds(20), "an honest head waited for \(longest)")
                #expect(try Self.peakMemory(watcher) < 400)
                #expect(try Self.descriptors(watcher) < 4 * names.count)
                let page = try await Self.metrics(port)
                #expect(Self.sample(#"nexo_watch_poll_failures_total{log="honest""#, in: page) <= 0)
                end.yield(watcher)
            }
            // The attackers are gone: what they held comes back.
            var iterator = ended.makeAsyncIterator()
            let watcher = try #require(await iterator.next())
            let areBack = try await eventually { try Self.descriptors(watcher) < 50 }
            #expect(areBack)
            watcher.signal(SIGTERM)
            #expect(try await watcher.wait().code == 0)
        }
    }

    /// Starts a program that listens, with something to read.
    private func start(_ name: String) async throws -> (program: Program, port: Int) {
        if name == "nexo-server" {
            let server = try Program(
                name, ["run", "--data", "data", "--host", "127.0.0.1", "--port", "0"], folder: folder.url,
                environment: ["IDLE_SECONDS": "2"])
            return (server, try await server.port())
        }
        _ = try folder.write(TestLog().trust().json.bytes(), to: "log.json")
        _ = try folder.write(
            """
            listen: 127.0.0.1:0
            interval: 1h
            gossip: {peers: []}
            logs: [{name: log, url: "http://127.0.0.1:1", trust: log.json}]

            """, to: "watch.yaml")
        let watcher = try Program(name, ["run", "--config", "watch.yaml"], folder: folder.url)
        return (watcher, try await watcher.port())
    }

    private static func isServed(_ name: String, _ port: Int) async throws -> Bool {
        let path = name == "nexo-server" ? "/health" : "/-/healthy"
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        return try await RawClient.exchange(port: port, Array(request.utf8)).hasPrefix("HTTP/1.1 200 ")
    }

    /// Ports that strangers reach: whatever comes, it is refused or answered once, and nobody else waits for it.
    @Test(.timeLimit(.minutes(5)), arguments: ["nexo-server", "nexo-watch"])
    func portsUnderAttack(name: String) async throws {
        let (program, port) = try await start(name)
        let isUp = try await eventually { try await Self.isServed(name, port) }
        #expect(isUp)
        let before = try Self.descriptors(program)
        for request in HostileRequest.ambiguous + HostileRequest.malformed {
            let answer = try await RawClient.exchange(port: port, request.bytes)
            #expect(answer.ranges(of: "HTTP/1.1 ").count <= 1, "\(request): \(answer)")
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(request): \(answer)")
            #expect(!answer.contains("smuggled"), "\(request): \(answer)")
        }
        for request in HostileRequest.traversals {
            let answer = try await RawClient.exchange(port: port, request.bytes)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(request): \(answer)")
            #expect(!answer.contains("root:") && !answer.contains("PRIVATE"), "\(request): \(answer)")
        }
        // Many who are slow, in the head and in the body; a request of each of some honest ones is answered meanwhile.
        let held = name == "nexo-server" ? 200 : 40
        for beginning in ["GET / HTTP/1.1\r\nX-A: ", "POST /did/register HTTP/1.1\r\nContent-Length: 10\r\n\r\n{"] {
            try await RawClient.hold(port: port, count: held, beginning) {
                for _ in 0..<5 {
                    let isServed = try await Self.isServed(name, port)
                    #expect(isServed)
                }
            }
        }
        let areBack = try await eventually { try Self.descriptors(program) <= before + 2 }
        #expect(areBack)
        #expect(try Self.peakMemory(program) < 300)
        program.signal(SIGTERM)
        #expect(try await program.wait().code == 0)
    }

    /// A body that drips keeps its connection no longer than a silent one.
    @Test(.timeLimit(.minutes(2))) func aBodyThatDrips() async throws {
        let (server, port) = try await start("nexo-server")
        let answer = try await RawClient.drip(
            port: port, "POST /did/register HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n", " ", 10_000)
        #expect(answer.hasPrefix("HTTP/1.1 408 ") || answer.isEmpty, "\(answer)")
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
    }

    /// Every text that JSON's test suite says must not parse, sent where JSON is read.
    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"), .timeLimit(.minutes(5)))
    func malformedJSON() async throws {
        let files = PublicVectors.files(in: "JSONTestSuite/test_parsing").filter { $0.contains("/n_") }
        #expect(files.count > 150)
        for (name, path) in [("nexo-server", "/did/register"), ("nexo-watch", "/gossip/v1/heads")] {
            let (program, port) = try await start(name)
            var answers: [String: Int] = [:]
            for file in files {
                let body = try PublicVectors.bytes(file)
                let head =
                    "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n"
                let answer = try await RawClient.exchange(port: port, Array(head.utf8) + body)
                answers[String(answer.dropFirst(9).prefix(3)), default: 0] += 1
            }
            // Larger than a request may be, or more of them in a minute than of one address.
            #expect(Set(answers.keys).isSubset(of: ["400", "413", "429"]), "\(answers)")
            #expect(answers["400"] ?? 0 >= 25, "\(answers)")
            #expect(try await Self.isServed(name, port))
            program.signal(SIGTERM)
            #expect(try await program.wait().code == 0)
        }
    }
}
