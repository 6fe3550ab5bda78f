import Foundation
import FoundationNetworking
import Glibc
import HostileLog
import Testing
import TransparencyLog

/// The server and the watcher as processes: started, killed, started again.
struct ServerProgramTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    func startServer() throws -> Program {
        try Program(
            "nexo-server", ["run", "--data", "data", "--host", "127.0.0.1", "--port", "0"], folder: folder.url)
    }

    static func register(_ id: String, port: Int) async throws -> Int {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/did/register")))
        request.httpMethod = "POST"
        let key = Base64.encode(Digest.sha256(Array(id.utf8)).bytes)
        request.httpBody = Data(#"{"id":"\#(id)","public_key":"\#(key)","timestamp":1}"#.utf8)
        let (_, response) = try await URLSession.shared.data(for: request)
        return (response as? HTTPURLResponse)?.statusCode ?? 0
    }

    func watchConfiguration(port: Int) async throws {
        let trust = try await Program.run("nexo-watch", ["init", "http://127.0.0.1:\(port)/"], folder: folder.url)
        #expect(trust.code == 0 && trust.errors.contains("trust on first use"))
        _ = try folder.write(trust.output, to: "trust.json")
        _ = try folder.write(
            """
            listen: 127.0.0.1:0
            store: watch.db
            interval: 1s
            logs:
              - name: local
                url: http://127.0.0.1:\(port)
                trust: trust.json
                leaves: data/users.jsonl
            """, to: "watch.yaml")
    }

    /// What was acknowledged survives SIGKILL, and the watcher finds one chain before and after.
    @Test func acknowledgedRegistrationsSurviveAKill() async throws {
        let first = try startServer()
        let port = try await first.port()
        for index in 0..<5 { #expect(try await Self.register("a\(index)", port: port) == 201) }
        first.signal(SIGKILL)
        _ = try await first.wait()
        let second = try startServer()
        let newPort = try await second.port()
        #expect(try await Self.register("b", port: newPort) == 201)
        try await watchConfiguration(port: newPort)
        let once = try await Program.run("nexo-watch", ["run", "--config", "watch.yaml", "--once"], folder: folder.url)
        #expect(once.code == 0)
        #expect(once.output == "local: 6 heads verified, newest size 6, roots-recomputed\n")
        // The auditor reads the watcher's database, and finds the same.
        let audit = try await Program.run(
            "nexo-audit", ["verify", "--trust", "trust.json", "--store", "watch.db", "--log", "local"],
            folder: folder.url)
        #expect(audit.code == 0)
        #expect(audit.output.contains("checked: 6 heads (sizes 1 to 6), 18 signatures, 6 roots, dialect jcs"))
        // The watcher has ended, and left nothing beside it that a report's hash would not name.
        let report = try await Program.run(
            "nexo-audit", ["report", "--trust", "trust.json", "--store", "watch.db", "--log", "local"],
            folder: folder.url)
        #expect(report.code == 0, "\(report.errors)")
        let unknown = try await Program.run(
            "nexo-audit", ["verify", "--trust", "trust.json", "--store", "watch.db", "--log", "other"],
            folder: folder.url)
        #expect(unknown.code == 3 && unknown.errors.contains("it holds local"))
        second.signal(SIGTERM)
        #expect(try await second.wait().code == 0)
        let gone = try await Program.run("nexo-watch", ["run", "--config", "watch.yaml", "--once"], folder: folder.url)
        #expect(gone.code == 3 && gone.output.contains("could not check"))
    }

    /// SIGTERM ends the watcher within 5 seconds, though a server is silent.
    @Test func theWatcherStopsAtOnce() async throws {
        let folder = folder
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init(body: [], delay: .seconds(600)) }
            _ = try folder.write(TestLog().trust().json.bytes(), to: "trust.json")
            _ = try folder.write(
                "listen: 127.0.0.1:0\nlogs:\n  - {name: a, url: \"\(url)\", trust: trust.json}\n", to: "watch.yaml")
            let watcher = try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
            let port = try await watcher.port()
            #expect(await eventually { !server.asked.isEmpty })
            let address = try #require(URL(string: "http://127.0.0.1:\(port)/metrics"))
            let (metrics, _) = try await URLSession.shared.data(from: address)
            #expect(String(decoding: metrics, as: UTF8.self).contains("nexo_watch_polls_total"))
            let start = ContinuousClock.now
            watcher.signal(SIGTERM)
            let result = try await watcher.wait()
            #expect(result.code == 0)
            #expect(ContinuousClock.now - start < .seconds(60), "the answer takes 600 s")
            // The database's file holds all, for whoever copies it.
            let rest = try? Data(contentsOf: folder.url.appending(path: "watch.db-wal"))
            #expect(rest?.count ?? 0 == 0)
        }
    }

    @Test(arguments: [
        ("logs: []", "logs: at least one log is needed"), ("lisen: x\nlogs: [{}]", "unknown key \"lisen\""),
        ("logs:\n  - {name: a, url: ftp://x, trust: t}", "must begin with http"),
        ("logs:\n  - {name: a, url: http://x, trust: missing.json}", "missing.json cannot be read"),
        ("interval: 5x\nlogs: [{}]", "interval: must be a duration"), ("{", "not YAML"),
    ])
    func aBadConfigurationSaysWhy(yaml: String, reason: String) async throws {
        _ = try folder.write(yaml, to: "watch.yaml")
        for arguments in [["check-config", "--config", "watch.yaml"], ["run", "--config", "watch.yaml", "--once"]] {
            let result = try await Program.run("nexo-watch", arguments, folder: folder.url)
            #expect(result.code == 2)
            #expect(result.errors.contains(reason))
        }
    }

    static let seeds = (1...3).map { Base64.encode([UInt8](repeating: UInt8($0) + 40, count: 32)) }
    static let secretEnvironment = Dictionary(
        uniqueKeysWithValues: seeds.enumerated().map { ("COSIGNER_\($0)_SK", $1) })

    /// SIGTERM ends the server though connections are idle, and what was acknowledged stays; no secret is in the log.
    @Test func theServerStopsWithIdleConnectionsAndLogsNoSecret() async throws {
        let server = try Program(
            "nexo-server", ["run", "--host", "127.0.0.1", "--port", "0"], folder: folder.url,
            environment: Self.secretEnvironment.merging(["LOG_LEVEL": "trace"]) { $1 })
        let port = try await server.port()
        #expect(try await Self.register("a", port: port) == 201)
        // Some say nothing, some hold a relay session and answer nothing.
        let idle = try (0..<40).map { index in
            let connection = try IdleConnection(port: port)
            if index % 2 == 0 { try connection.openSession("idle\(index)") }
            return connection
        }
        let start = ContinuousClock.now
        server.signal(SIGTERM)
        let result = try await server.wait()
        #expect(result.code == 0 && ContinuousClock.now - start < .seconds(30), "a connection may be idle for 60 s")
        withExtendedLifetime(idle) {}
        #expect(result.errors.contains(#""path":"/did/register""#))
        for seed in Self.seeds { #expect(!(result.errors + result.output).contains(seed)) }
        #expect(FileManager.default.fileExists(atPath: folder.url.appending(path: "data/audited.json").path))
    }

    /// What parts of the program, and libraries, say beside its own logger has the same form.
    @Test func eachLineOfTheLogIsOneObject() async throws {
        var environment = Self.secretEnvironment
        environment["COSIGNER_2_SK"] = nil
        environment["COSIGNER_2_URL"] = "http://127.0.0.1:1"
        environment["COSIGNER_2_PK"] = Digest.zero.base64
        environment["COSIGNER_2_TOKEN"] = "a token of many bytes"
        let server = try Program("nexo-server", ["run", "--port", "0"], folder: folder.url, environment: environment)
        #expect(try await Self.register("a", port: server.port()) == 201)
        server.signal(SIGTERM)
        let result = try await server.wait()
        #expect(result.code == 0)
        let lines = try result.errors.split(separator: "\n").map { try JSONReader.parse(Array($0.utf8)) }
        #expect(lines.contains { $0["logger"]?.text.map { "\($0)" } == "nexo-server.cosigning" })
    }

    /// A key that is none is named by its variable, and not repeated.
    @Test func aBadKeyIsNotRepeated() async throws {
        var environment = Self.secretEnvironment
        environment["COSIGNER_1_SK"] = "hunter2hunter2"
        let result = try await Program.run("nexo-server", ["run"], folder: folder.url, environment: environment)
        #expect(result.code == 2)
        #expect(result.errors.contains("COSIGNER_1_SK: must be") && !result.errors.contains("hunter2"))
        let setting = try await Program.run(
            "nexo-server", ["run"], folder: folder.url, environment: ["RATE_LIMIT_RPS": "hunter2"])
        #expect(setting.code == 2 && setting.errors.contains("RATE_LIMIT_RPS: must be"))
        #expect(!setting.errors.contains("hunter2"))
    }

    /// A changed folder is not served, and compact does not touch it; the reason is told.
    @Test func aFlawedFolderIsRefusedWithItsReason() async throws {
        let first = try startServer()
        let port = try await first.port()
        for index in 0..<4 { #expect(try await Self.register("a\(index)", port: port) == 201) }
        first.signal(SIGTERM)
        #expect(try await first.wait().code == 0)
        let compact = try await Program.run("nexo-server", ["compact"], folder: folder.url)
        #expect(compact.code == 0 && compact.output.hasPrefix("4 registrations: "))
        let heads = folder.url.appending(path: "data/sth.jsonl")
        let lines = try String(contentsOf: heads, encoding: .utf8).split(separator: "\n")
        let flawed = [lines[0], lines[1], lines[3]].map { $0 + "\n" }.joined()
        try Data(flawed.utf8).write(to: heads)
        for arguments in [["run", "--port", "0", "--host", "127.0.0.1"], ["compact"]] {
            let result = try await Program.run("nexo-server", arguments, folder: folder.url)
            #expect(result.code == 3 && result.errors.contains("violation link-broken size 4"))
        }
        let repair = try await Program.run("nexo-server", ["repair", "--heads-from", "3"], folder: folder.url)
        #expect(repair.code == 0 && repair.output.hasPrefix("1 lines from byte "))
        #expect(try await Program.run("nexo-server", ["repair"], folder: folder.url).code == 2)
    }

    /// A mistyped folder is refused, and nothing is made in it, keys least of all.
    @Test func onlyRunMakesALog() async throws {
        let compact = try await Program.run("nexo-server", ["compact", "--data", "typo"], folder: folder.url)
        #expect(compact.code == 3 && compact.errors.contains("typo: holds no log"))
        let rotation = ["rotate-key", "--data", "typo", "--cosigner", "1"]
        let rotated = try await Program.run("nexo-server", rotation, folder: folder.url)
        #expect(rotated.code == 2 && rotated.errors.contains("typo/keys: holds no keys"))
        let seeds = (0..<3).map { Base64.encode([UInt8](repeating: UInt8($0 + 1), count: 32)) }
        let given = Dictionary(uniqueKeysWithValues: seeds.enumerated().map { ("COSIGNER_\($0)_SK", $1) })
        let withKeys = try await Program.run(
            "nexo-server", rotation, folder: folder.url,
            environment: given.merging(["COSIGNER_1_NEXT_SK": seeds[0]]) { $1 })
        #expect(withKeys.code == 3 && withKeys.errors.contains("typo: holds no log"))
        let repair = ["repair", "--data", "typo", "--users-from", "1"]
        #expect(try await Program.run("nexo-server", repair, folder: folder.url).code == 3)
        #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "typo").path))
    }

    /// Whose heads they are stands in trust.json; the keys may be anywhere.
    @Test func compactNeedsNoKeys() async throws {
        let first = try startServer()
        let port = try await first.port()
        #expect(try await Self.register("a", port: port) == 201)
        first.signal(SIGTERM)
        #expect(try await first.wait().code == 0)
        let keys = folder.url.appending(path: "data/keys")
        try FileManager.default.removeItem(at: keys)
        let compact = try await Program.run("nexo-server", ["compact"], folder: folder.url)
        #expect(compact.code == 0 && compact.output.hasPrefix("1 registrations: "))
        #expect(!FileManager.default.fileExists(atPath: keys.path))
        try FileManager.default.removeItem(at: folder.url.appending(path: "data/trust.json"))
        let blind = try await Program.run("nexo-server", ["compact"], folder: folder.url)
        #expect(blind.code == 3 && blind.errors.contains("trust.json: is not there"))
    }

    /// A TCP connection that says nothing.
    private final class IdleConnection: Sendable {
        private let socket: Int32

        init(port: Int) throws {
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
        }

        func openSession(_ id: String) throws {
            let request =
                "GET /ws/\(id) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            guard send(socket, request, request.utf8.count, 0) == request.utf8.count else { throw POSIXError(.EPIPE) }
            var answer = [UInt8](repeating: 0, count: 12)
            guard recv(socket, &answer, answer.count, Int32(MSG_WAITALL)) == answer.count,
                String(decoding: answer, as: UTF8.self) == "HTTP/1.1 101"
            else { throw POSIXError(.EPROTO) }
        }

        deinit { close(socket) }
    }

    @Test func badUsageIs2() async throws {
        #expect(try await Program.run("nexo-watch", ["run"], folder: folder.url).code == 2)
        #expect(try await Program.run("nexo-server", ["run", "--port", "x"], folder: folder.url).code == 2)
        let environment = ["COSIGNER_0_SK": "x"]
        let result = try await Program.run(
            "nexo-server", ["run", "--port", "0"], folder: folder.url, environment: environment)
        #expect(result.code == 2 && result.errors.contains("COSIGNER_0_SK"))
    }
}
