import ArgumentParser
import Logging
import ProgramSupport
import ServiceLifecycle
import Telemetry
import TransparencyLog
import UnixSignals
import Watching

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Watch the configured logs.")

    @Option(help: "The configuration, watch.yaml.")
    var config = "watch.yaml"

    @Flag(help: "Poll each log once, print what was found, and exit.")
    var once = false

    func run() async throws {
        Memory.keepLow()
        let logger = ProcessLog.start("nexo-watch")
        let hangUps = await UnixSignalsSequence(trapping: once ? [] : [.sighup])
        let registry = PrometheusRegistry()
        let readiness = Readiness()
        let configuration: WatchConfiguration
        let access: StatusAccess
        do {
            configuration = try ConfigurationFile.load(config)
            _ = try configuration.watchedLogs()
            access = try StatusAccess(configuration)
            try configuration.checkAlerts()
            try configuration.checkGossip()
        } catch { throw Program.failure("nexo-watch", error, 2) }
        for warning in configuration.openSecrets { logger.warning("\(warning)") }
        if once {
            let watcher: Watcher
            do {
                watcher = try Watcher(
                    configuration: configuration, registry: registry, logger: logger, readiness: readiness)
            } catch { throw Program.failure("nexo-watch", error, 3) }
            return try await runOnce(watcher)
        }
        let watch: WatchService
        do {
            watch = try WatchService(
                path: config, configuration: configuration, access: access, registry: registry, logger: logger,
                readiness: readiness)
        } catch { throw Program.failure("nexo-watch", error, 3) }
        let (listening, listens) = AsyncStream.makeStream(of: Int.self)
        var quiet = logger
        quiet.logLevel = .warning
        do {
            let status = try StatusServer.application(
                configuration, access: { watch.access },
                source: .init(
                    registry: registry, readiness: readiness, reader: { watch.status }, gossip: { watch.gossip }),
                logger: quiet,
                onRunning: { port in
                    logger.info(
                        "listening",
                        metadata: [
                            "address": "\(configuration.listen)", "port": "\(port)", "access": "\(access.summary)",
                        ])
                    listens.yield(port)
                })
            let attendance = Attendance(
                systemd: Systemd(), watch: watch, hangUps: hangUps, listening: listening, logger: logger)
            var services = ServiceGroupConfiguration(
                services: [
                    // Stopped from the last to the first: a scrape that hangs does not hold the watcher up.
                    .init(service: status, successTerminationBehavior: .gracefullyShutdownGroup),
                    // A server that were cancelled would drop connections that it just accepted, at which NIO ends the
                    // process before the exit code says why.
                    .init(
                        service: watch, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: attendance, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
            // Longer than what the watcher gives a message that is under way: then all are cancelled, the server too.
            services.maximumGracefulShutdownDuration = Watcher.stopTakes + .seconds(3)
            defer { watch.settle() }
            try await ServiceGroup(configuration: services).run()
        } catch {
            Program.say("nexo-watch: \(StatusServer.explain(error, listen: configuration.listen))")
            throw ExitCode(3)
        }
    }

    private func runOnce(_ watcher: Watcher) async throws {
        let reports = await watcher.runOnce()
        watcher.stop()
        watcher.settle()
        for report in reports {
            let (heads, size) = (report.verifiedHeads, report.verifiedSize)
            print("\(report.name): \(heads) heads verified, newest size \(size), \(report.assurance.rawValue)")
            if let failure = report.failure {
                print("  could not check: \(failure)")
            } else if report.verifiedHeads == 0, report.findings.isEmpty {
                print("  could not check: \(WatchedLog.showsNothing)")
            }
            for finding in report.findings { print("  \(finding.finding.text)") }
        }
        let codes = reports.map(\.exitCode)
        let code: Int32 = codes.contains(1) ? 1 : codes.max() ?? 3
        if code != 0 { throw ExitCode(code) }
    }
}
