import TransparencyLog

/// Shows in the metrics what the store says of alerts and queues; another process may have acknowledged something.
struct AlertBoard: Sendable {
    let logs: [WatchedLog]
    /// With how many seconds after a message the next one about an alert is held back.
    let sinks: [(name: String, holding: UInt64)]
    let store: any AlertStore
    let metrics: AlertMetrics
    let watchMetrics: WatchMetrics
    let now: @Sendable () -> UInt64

    /// - Returns: the alerts that are open.
    @discardableResult
    func refresh() async throws -> [StoredAlert] {
        // Read before the store is: a fork that is found meanwhile must not be unlatched.
        let latches = watchMetrics.forkLatches
        let open = try await store.openAlerts()
        let firing = Dictionary(grouping: open.filter { $0.state == .firing }, by: \.logID)
        let forks = Set(open.filter { AlertKind.forks.contains($0.kind) }.map(\.logID))
        for log in logs {
            show(log.name, firing[log.logID] ?? [])
            watchMetrics.showFork(log, isOpen: forks.contains(log.logID), since: latches)
        }
        show("", firing[""] ?? [])
        for sink in sinks {
            let state = try await store.queueState(of: sink.name, holding: sink.holding)
            let time = now()
            metrics.show(sink.name, depth: state.depth, age: time - min(state.oldest ?? time, time))
        }
        return open
    }

    private func show(_ log: String, _ alerts: [StoredAlert]) {
        for severity in Severity.allCases {
            metrics.showOpen(log, severity, alerts.count { $0.severity == severity })
        }
    }
}
