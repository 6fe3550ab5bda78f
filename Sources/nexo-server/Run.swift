import ArgumentParser
import Foundation
import Glibc
import Hummingbird
import LogFiles
import Logging
import NIOCore
import ProgramSupport
import ServiceLifecycle
import Serving
import Telemetry
import UnixSignals

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a log over HTTP.",
        discussion: """
            Environment: PORT, COSIGNER_0_SK to COSIGNER_2_SK (base64, a 32-byte seed or a 64-byte key), CORS_ORIGINS, \
            RATE_LIMIT_RPS, MAX_WS_PAYLOAD_BYTES and others: docs/SERVER.md names them all.
            """)

    @Option(help: "The folder of users.jsonl and sth.jsonl.")
    var data = "data"

    @Option(help: "The address to bind; 0.0.0.0 is every address of the machine.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes a free one. Default: $PORT, else 5000.")
    var port: Int?

    @Flag(help: "Continue a published chain though its audit finds flaws; they are told in the log.")
    var acceptFindings = false

    func run() async throws {
        let folder = URL(fileURLWithPath: data)
        let logger: Logger
        var settings: ServerSettings
        let keys: CosignerKeys
        do {
            let environment = try ServerEnvironment.read()
            settings = try ServerSettings(environment: environment)
            logger = ProcessLog.start("nexo-server", level: try ServerSettings.logLevel(environment: environment))
            keys = try CosignerKeys.load(environment: environment, folder: folder.appending(path: "keys"))
        } catch let error as LogFileError {
            // The folder, not what was said of the keys.
            throw Program.failure("nexo-server", error, 3)
        } catch { throw Program.failure("nexo-server", error, 2) }
        if let port { settings.port = port }
        guard (0...65_535).contains(settings.port) else { throw ValidationError("--port: must be from 0 to 65535") }
        if keys.areDevelopment {
            logger.notice(
                "three keys on this machine sign, which is one party's word; docs/SERVER.md says how keys are given",
                metadata: ["folder": "\(folder.appending(path: "keys").path)"])
        }
        let log: LogService
        do {
            let opened = try await LogFolder.open(folder, keys: keys, acceptsFindings: acceptFindings)
            for notice in opened.notices { logger.warning("\(notice)") }
            log = try await LogService(opened, cosigning: keys, maximumWaiting: settings.maximumWaiting) {
                UInt64(max(Date().timeIntervalSince1970, 0))
            }
        } catch let error as CosignerKeys.Invalid { throw Program.failure("nexo-server", error, 2) } catch {
            throw Program.failure("nexo-server", error, 3)
        }
        FileLimit.raise()
        let server = ServerApplication(log, settings: settings, logger: logger)
        let application = server.application(host: host) { channel in
            logger.notice("listening", metadata: ["host": "\(host)", "port": "\(channel.localAddress?.port ?? 0)"])
            await Systemd.tell("READY=1", logger)
        }
        var services = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: application.logger)
        services.maximumGracefulShutdownDuration = .seconds(4)
        do {
            try await ServiceGroup(configuration: services).run()
            await Systemd.tell("STOPPING=1", logger)
            await log.close()
            try await log.writeMark()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            Program.say(
                "nexo-server: \(host):\(settings.port): another program listens there already; stop it, or give "
                    + "another port with --port")
            throw ExitCode(3)
        } catch { throw Program.failure("nexo-server", error, 3) }
    }
}
