import Logging
import Telemetry
import Tracing

/// Pings a URL while all is well: every log was polled with success in time, the store can be written, and somebody can be
/// told. Whoever waits for the pings calls when they stay away, also when this program, or its machine, is gone.
struct HeartbeatSender: Sendable {
    let call: CurlCall
    let interval: Duration
    let monitor: PollMonitor
    let store: any AlertStore
    /// Whether there is a sink that takes messages, or none at all.
    let canTell: @Sendable () async -> Bool
    let logger: Logger
    let now: @Sendable () -> UInt64

    init(
        _ heartbeat: WatchConfiguration.Heartbeat, monitor: PollMonitor, store: any AlertStore,
        canTell: @escaping @Sendable () async -> Bool = { true }, logger: Logger,
        now: @escaping @Sendable () -> UInt64
    ) throws {
        call = CurlCall(
            url: try WatchConfiguration.url(heartbeat.address), method: .get,
            isURLSecret: heartbeat.address.isSecret, authorities: heartbeat.caFile,
            timeout: heartbeat.timeout)
        interval = heartbeat.interval
        self.monitor = monitor
        self.store = store
        self.canTell = canTell
        self.logger = logger
        self.now = now
    }

    func run(every tick: Duration) async {
        var wasWell = true
        while !Task.isCancelled {
            let reason = await whyNot()
            if let reason {
                if wasWell { logger.warning("no heartbeat is sent", metadata: ["reason": "\(reason)"]) }
            } else {
                await ping()
            }
            wasWell = reason == nil
            try? await Task.sleep(for: reason == nil ? interval : min(interval, tick))
        }
    }

    /// What is not well; nil where all is.
    private func whyNot() async -> String? {
        guard await monitor.isTimely() else { return "not every log was polled with success in time" }
        do { try await store.pulse(at: now()) } catch { return "the store cannot be written: \(error)" }
        guard await canTell() else { return "no sink takes messages, so that nobody would be told" }
        return nil
    }

    private func ping() async {
        do {
            _ = try await withEdgeSpan("heartbeat", ofKind: .client, [:]) { _ throws(SinkFailure) in
                try await call.performHTTP()
            }
        } catch {
            if !Task.isCancelled {
                logger.warning("the heartbeat did not arrive", metadata: ["error": "\(error)"])
            }
        }
    }
}
