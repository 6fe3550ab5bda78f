import Metrics
import Telemetry
import TransparencyLog

/// What the page at /metrics says beyond the fixed names of PROTOCOL: how the server answers, and what it refuses.
/// Labels come from closed sets: the status codes of our own answers, and fixed reasons.
final class ServerMetrics: Sendable {
    /// Why a registration was not taken.
    enum Refused: String, CaseIterable {
        case malformed
        case rateLimited = "rate_limited"
        /// As many wait as may wait.
        case busy
        case notStored = "not_stored"
        /// It is stored, but no quorum of cosigners signed its head, or the head could not be stored.
        case notPublished = "not_published"
        case stopping
    }

    static let families: [MetricFamily] = [
        .init("nexo_server_build_info", .gauge, labels: ["version"], help: "1, with the version as a label."),
        .init(
            "nexo_server_responses_total", .counter, labels: ["code"],
            help: "Answers to requests, by status code; relay sessions are not among them."),
        .init(
            "nexo_server_request_duration_seconds",
            .histogram(buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
            help: "Time until an answer's headers were ready."),
        .init("nexo_server_registrations_total", .counter, help: "Registrations that were answered as stored."),
        .init(
            "nexo_server_registrations_refused_total", .counter, labels: ["reason"],
            help: "Registrations that were not taken, by reason."),
        .init("nexo_server_registrations_waiting", .gauge, help: "Registrations that wait for the disk."),
        .init(
            "nexo_server_registrations_waiting_limit", .gauge,
            help: "Registrations that may wait: MAX_WAITING_REGISTRATIONS."),
        .init("nexo_server_ws_sessions_limit", .gauge, help: "Relay sessions that may be open: MAX_WS_SESSIONS."),
    ]

    /// The codes of our own answers, so that none appears for the first time with its first fault.
    private static let codes = [200, 201, 206, 304, 400, 403, 404, 405, 408, 413, 416, 426, 429, 500, 503]

    private let registry = PrometheusRegistry()

    init(_ settings: ServerSettings) {
        for family in Self.families { registry.declare(family) }
        gauge("build_info", [("version", ToolVersion.current)]).set(1)
        gauge("registrations_waiting_limit").set(Double(settings.maximumWaiting))
        gauge("ws_sessions_limit").set(Double(settings.relay.maximumSessions))
        for code in Self.codes { _ = responses(code) }
        _ = counter("registrations_total")
        for reason in Refused.allCases { _ = refusals(reason) }
    }

    func answered(_ code: Int, after duration: Duration) {
        responses(code).increment()
        Recorder(label: "nexo_server_request_duration_seconds", factory: registry).record(duration / .seconds(1))
    }

    func registered() { counter("registrations_total").increment() }
    func refused(_ reason: Refused) { refusals(reason).increment() }

    /// The families of `families`, in the Prometheus text format.
    func render(waiting: Int) -> String {
        gauge("registrations_waiting").set(Double(waiting))
        return registry.render()
    }

    private func responses(_ code: Int) -> Counter { counter("responses_total", [("code", String(code))]) }

    private func refusals(_ reason: Refused) -> Counter {
        counter("registrations_refused_total", [("reason", reason.rawValue)])
    }

    private func counter(_ name: String, _ labels: [(String, String)] = []) -> Counter {
        Counter(label: "nexo_server_\(name)", dimensions: labels, factory: registry)
    }

    private func gauge(_ name: String, _ labels: [(String, String)] = []) -> Meter {
        Meter(label: "nexo_server_\(name)", dimensions: labels, factory: registry)
    }
}
