import Logging
import ProgramSupport
import ServiceLifecycle
import UnixSignals
import Watching

/// What stands between the daemon and whoever started it: SIGHUP, and systemd.
struct Attendance: Service {
    let systemd: Systemd
    let watch: WatchService
    let readiness: Readiness
    /// Ends with the first port that is listened on.
    let listening: AsyncStream<Int>

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await reloadOnSignals() }
                group.addTask { await attend() }
            }
        }
        systemd.tell("STOPPING=1")
    }

    private func reloadOnSignals() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { watch.reload() }
    }

    private func attend() async {
        for await _ in listening { break }
        await readiness.wait()
        systemd.tell("READY=1", status)
        guard let interval = systemd.watchdogInterval else { return }
        while !Task.isCancelled {
            if watch.isAlive { systemd.tell("WATCHDOG=1", status) }
            try? await Task.sleep(for: interval)
        }
    }

    private var status: String { "STATUS=watching \(watch.logCount) logs" }
}

extension Systemd {
    func tell(_ event: WatchService.Event) {
        switch event {
        case .reloading: tell("RELOADING=1", Self.monotonicTime)
        case .reloaded: tell("READY=1")
        }
    }
}
