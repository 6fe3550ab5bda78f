import Logging
import ProgramSupport
import ServiceLifecycle
import UnixSignals
import Watching

/// What stands between the daemon and whoever started it: SIGHUP, and systemd.
struct Attendance: Service {
    /// Between two looks at what to say, where no watchdog wants to hear more often.
    private static let interval = Duration.seconds(10)

    let systemd: Systemd
    let watch: WatchService
    /// Trapped since the program began: a SIGHUP during the start is not lost, and ends nothing.
    let hangUps: UnixSignalsSequence
    /// Ends with the first port that is listened on.
    let listening: AsyncStream<Int>
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in hangUps { watch.reload() } }
                group.addTask { await attend() }
            }
        }
        await tell("STOPPING=1")
    }

    private func attend() async {
        for await _ in listening { break }
        await watch.readiness.wait()
        if Task.isCancelled || !systemd.isListening { return }
        var status = await watch.summary()
        await tell("READY=1", "STATUS=\(status)")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await event in watch.events { await tell(event) } }
            if let interval = systemd.watchdogInterval {
                group.addTask { await ping(every: interval) }
            }
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                let now = await watch.summary()
                if now != status, !Task.isCancelled { await tell("STATUS=\(now)") }
                status = now
            }
        }
    }

    /// Only while all loops go round: systemd starts a watcher again that hangs.
    private func ping(every interval: Duration) async {
        var hanging: String?
        while !Task.isCancelled {
            let now = watch.hanging
            if now == nil { await tell("WATCHDOG=1") }
            if let now, hanging == nil {
                logger.critical(
                    "a loop hangs, and the watchdog is not told that all is well", metadata: ["loop": "\(now)"])
            }
            hanging = now
            try? await Task.sleep(for: interval)
        }
    }

    private func tell(_ event: WatchService.Event) async {
        switch event {
        case .reloading: await tell("RELOADING=1", Systemd.monotonicTime)
        case .reloaded: await tell("READY=1", "STATUS=\(await watch.summary())")
        }
    }

    private func tell(_ lines: String...) async {
        do { try await systemd.tell(lines) } catch {
            logger.warning("systemd cannot be told", metadata: ["error": "\(error)", "what": "\(lines[0])"])
        }
    }
}
