import HostileLog
import Telemetry
import Testing

@testable import Watching

/// What dashboards and rules ask for is what the watcher shows. `scripts/integration rules operate` asks a real Prometheus.
struct DashboardTests {
    let dashboards: Dashboards

    init() throws { dashboards = try Dashboards() }

    @Test func everyMetricOfTheWatcherIsUsedAndNoOther() throws {
        let used = try dashboards.families("nexo_watch_")
        #expect(used == Set(WatchMetrics.families.map(\.name)))
    }

    @Test func everyPanelSaysWhatItShowsAndInWhichUnit() {
        #expect(dashboards.all.map(\.uid) == ["nexo-log-health", "nexo-reference-server", "nexo-watcher-health"])
        for dashboard in dashboards.all {
            #expect(dashboard.hasDataSource)
            #expect(Set(["datasource", "job", "instance"]).isSubset(of: dashboard.variables))
            #expect(!dashboard.annotationExpressions.isEmpty)
            #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
            for panel in dashboard.panels where panel.type != "row" {
                #expect(panel.targets?.isEmpty == false, "\(panel.title)")
                #expect(panel.description?.isEmpty == false, "\(panel.title)")
                #expect(panel.unit?.isEmpty == false, "\(panel.title)")
            }
        }
        #expect(dashboards.all.contains { Set(["log", "vantage"]).isSubset(of: $0.variables) })
    }

    @Test func everyRuleHasItsTextsAndBothCases() {
        let names = dashboards.rules.map(\.alert)
        #expect(Set(names).count == names.count && names.count > 20)
        #expect(dashboards.firing == Set(names))
        #expect(dashboards.silent == Set(names))
        for rule in dashboards.rules {
            #expect(["critical", "warning", "info"].contains(rule.labels["severity"]), "\(rule.alert)")
            #expect(rule.annotations["summary"]?.contains("{{") == false, "\(rule.alert)")
            #expect(rule.annotations["description"]?.isEmpty == false, "\(rule.alert)")
            #expect(rule.annotations["runbook"] == "docs/RUNBOOK.md#\(rule.alert.lowercased())", "\(rule.alert)")
        }
    }
}
