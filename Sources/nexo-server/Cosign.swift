import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import ProgramSupport
import Serving
import Telemetry
import TransparencyLog

struct Cosign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign the heads of somebody else's log, and never a second history of it.",
        discussion: """
            Environment: COSIGNER_SK (base64, a 32-byte seed or a 64-byte key), and COSIGN_TOKEN, a secret of at least 16 \
            bytes that the log's server is given too; LOG_LEVEL, as of `run`.
            """)

    @Option(help: "The file that remembers what was signed; without it the promise is worth nothing.")
    var state = "cosigned.jsonl"

    @Option(help: "The log's dialect of canonical JSON.")
    var canonical = CanonicalJSON.jcs.rawValue

    @Option(help: "The address to bind.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes a free one.")
    var port = 5001

    func run() async throws {
        guard let dialect = CanonicalJSON(rawValue: canonical) else {
            throw ValidationError("--canonical: must be jcs or shallow")
        }
        let logger: Logger
        let routes: CosignerRoutes
        do {
            let environment = try ServerEnvironment.read()
            logger = ProcessLog.start("nexo-server", level: try ServerSettings.logLevel(environment: environment))
            let seed = Base64.decode(JSONText(environment["COSIGNER_SK"] ?? "")) ?? []
            let memory = try CosignerMemory(path: state, seed: seed, dialect: dialect)
            routes = try CosignerRoutes(memory, token: environment["COSIGN_TOKEN"] ?? "", logger: logger)
            let signed = await memory.signed
            logger.notice(
                "cosigner",
                metadata: ["public_key": "\(Base64.encode(memory.publicKey))", "signed": "\(signed)"])
        } catch let error as Credentials.Unreadable {
            throw Program.failure("nexo-server", error, 2)
        } catch let error as CosignerKeys.Invalid { throw Program.failure("nexo-server", error, 2) } catch let error
            as ConfigurationError
        { throw Program.failure("nexo-server", error, 2) } catch { throw Program.failure("nexo-server", error, 3) }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: routes.router(), server: CosignerRoutes.connections,
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { channel in
                logger.notice("listening", metadata: ["port": "\(channel.localAddress?.port ?? 0)"])
                await Systemd.tell("READY=1", logger)
            }, logger: quiet)
        do { try await application.runService() } catch { throw Program.failure("nexo-server", error, 3) }
        await Systemd.tell("STOPPING=1", logger)
    }
}
