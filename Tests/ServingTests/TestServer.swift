import Auditing
import Foundation
import HostileLog
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceLifecycle
import Serving
import TransparencyLog

/// A data folder of a test's own, and the log in it.
struct TestServer {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    func path(_ name: String) -> String { folder.url.appending(path: name).path }
    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func keys() throws -> CosignerKeys {
        try CosignerKeys.load(environment: [:], folder: folder.url.appending(path: "keys"))
    }

    func open(acceptsFindings: Bool = false) async throws -> LogFolder {
        try await LogFolder.open(folder.url, keys: keys(), acceptsFindings: acceptsFindings)
    }

    func service(cosigning: (any Cosigning)? = nil, maximumWaiting: Int = 10_000) async throws -> LogService {
        try await LogService(open(), cosigning: cosigning ?? keys(), maximumWaiting: maximumWaiting) { 1_700_000_000 }
    }

    /// The auditor's verdict on the folder's files.
    func audit() async throws -> AuditReport {
        let trust = try TrustFile(json: Array(Data(contentsOf: folder.url.appending(path: "trust.json"))))
        return try await Audit.run(
            .init(trust: trust, heads: path("sth.jsonl"), leaves: path("users.jsonl"), now: 1_800_000_000))
    }

    static func registration(_ id: String) -> Registration {
        Registration(id: JSONText(id), publicKey: Digest.sha256(Array(id.utf8)).bytes, timestamp: 1_700_000_000)
    }

    /// Registers so many, all at once.
    func fill(_ count: Int, named name: String = "user") async throws {
        let log = try await service()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask { _ = try await log.register(Self.registration("\(name)\(index)")) }
            }
            try await group.waitForAll()
        }
        await log.close()
        try await log.writeMark()
    }
}

extension TestServer {
    /// The routes, without a socket.
    func test(
        _ log: LogService, _ settings: ServerSettings = ServerSettings(),
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let routes = Routes(log, settings: settings, relay: Relay(settings.relay), logger: Self.silent)
        try await Application(router: routes.router(), logger: Self.silent).test(.router, body)
    }

    /// The whole server on a free port of loopback, while `body` runs.
    func run(
        _ change: (inout ServerSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        var settings = ServerSettings()
        settings.port = 0
        settings.rateLimit = 0
        change(&settings)
        let server = ServerApplication(try await service(), settings: settings, logger: Self.silent)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = server.application(host: "127.0.0.1") { continuation.yield($0.localAddress?.port ?? 0) }
        let group = ServiceGroup(configuration: .init(services: [application], logger: Self.silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = await iterator.next() ?? 0
            // A server that were cancelled would drop connections with their writers open, which ends the process.
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(LiveServer(port: port, application: server, group: group)))
            } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// A server that listens.
struct LiveServer: Sendable {
    let port: Int
    let application: ServerApplication
    let group: ServiceGroup
}
