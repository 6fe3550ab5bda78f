import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import ProgramSupport
import Serving
import Telemetry

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a log over HTTP.",
        discussion: "Environment: PORT, and COSIGNER_0_SK to COSIGNER_2_SK (base64, a 32-byte seed or a 64-byte key).")

    @Option(help: "The folder of users.jsonl and sth.jsonl.")
    var data = "data"

    @Option(help: "The address to bind.")
    var host = "0.0.0.0"

    @Option(help: "The port; 0 takes a free one. Default: $PORT, else 5000.")
    var port: Int?

    @Flag(help: "Continue a published chain though its audit finds flaws; they are told in the log.")
    var acceptFindings = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let port = port ?? Int(environment["PORT"] ?? "5000"), (0...65_535).contains(port) else {
            throw ValidationError("PORT must be a number from 0 to 65535")
        }
        let folder = URL(fileURLWithPath: data)
        let keys: CosignerKeys
        do {
            keys = try CosignerKeys.load(environment: environment, folder: folder.appending(path: "keys"))
        } catch { throw Program.failure("nexo-server", error, 2) }
        let logger = Logger(label: "nexo-server") { JSONLogHandler(label: $0) }
        let log: LogService
        do {
            let opened = try await LogFolder.open(folder, keys: keys, acceptsFindings: acceptFindings)
            for notice in opened.notices { logger.warning("\(notice)") }
            log = try await LogService(opened, cosigning: keys) { UInt64(max(Date().timeIntervalSince1970, 0)) }
        } catch let error as CosignerKeys.Invalid { throw Program.failure("nexo-server", error, 2) } catch {
            throw Program.failure("nexo-server", error, 3)
        }
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: Routes.router(log),
            configuration: .init(address: .hostname(host, port: port), serverName: "nexo-server"),
            onServerRunning: { channel in
                logger.info("listening", metadata: ["port": "\(channel.localAddress?.port ?? 0)"])
            }, logger: quiet)
        do {
            try await application.runService()
            await log.close()
            try await log.writeMark()
        } catch { throw Program.failure("nexo-server", error, 3) }
    }
}
