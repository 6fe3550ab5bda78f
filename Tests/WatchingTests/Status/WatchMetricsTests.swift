import Foundation
import HostileLog
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

struct WatchMetricsTests {
    /// docs/METRICS.md is what the list says. `NEXO_WRITE_DOCS=1 swift test --filter WatchMetricsTests` writes it.
    @Test func theFileIsMadeFromTheList() throws {
        try expectDocument("docs/METRICS.md", WatchMetrics.document)
    }

    /// After a fork, with everything that a poll can count: each series is of a declared family, under its labels.
    @Test func whatIsShownIsDeclared() async throws {
        try await SiteHarness.forked { harness, _, _ in
            let page = harness.registry.render()
            var shown: Set<String> = []
            for line in page.split(separator: "\n") where !line.hasPrefix("#") {
                let match = try #require(line.firstMatch(of: /^([a-z_]+?)(_bucket|_sum|_count)?(?:\{(.*)\})? [^ ]+$/))
                let family = try #require(WatchMetrics.families.first { $0.name == match.1 }, "\(match.1)")
                let labels = (match.3 ?? "").matches(of: /([a-z]+)="/).map { String($0.1) }
                #expect(Set(labels).subtracting(["le"]) == Set(family.labels), "\(line)")
                shown.insert(family.name)
            }
            // No sink and no gossip is configured here.
            let gossip = Set(GossipMetrics.families.map(\.name))
            let expected = WatchMetrics.families.filter { !$0.labels.contains("sink") }.map(\.name).filter {
                !gossip.contains($0)
            }
            #expect(Set(expected).subtracting(shown).isEmpty)
        }
    }

    @Test func whoSignedAndWhen() async throws {
        try await SiteHarness.forked { harness, _, log in
            let page = harness.registry.render()
            let newest = try #require(log.heads.last).timestamp
            for cosigner in ["cosigner_0", "cosigner_1"] {
                #expect(
                    page.contains(
                        "nexo_watch_cosigner_last_signed_timestamp_seconds{cosigner=\"\(cosigner)\",log=\"log\"} \(newest)\n"
                    ))
            }
            #expect(!page.contains("{cosigner=\"cosigner_2\""))
            #expect(page.contains("nexo_watch_head_signers{log=\"log\"} 2\n"))
            #expect(page.contains("nexo_watch_quorum_threshold{log=\"log\"} 2\n"))
            #expect(page.contains("nexo_watch_max_head_age_seconds{log=\"log\"} 86400\n"))
            #expect(page.contains("nexo_watch_seen_tree_size{log=\"log\"} 6\n"))
            #expect(page.contains("nexo_watch_backlog_leaves{log=\"log\"} 0\n"))
            #expect(page.contains("nexo_watch_leaves{log=\"log\"} 6\n"))
            #expect(page.contains("nexo_watch_evidence_total{log=\"log\"} 1\n"))
            #expect(page.contains("nexo_watch_poll_duration_seconds_count 2\n"))
            let bytes = try #require(page.firstMatch(of: /nexo_watch_store_bytes (\d+)/).flatMap { Int($0.1) })
            #expect(bytes > 4_096)
        }
    }

    /// A scrape between the start and the first poll finds what the store remembers: no fork seems to be over.
    @Test func seriesBeginWithWhatIsRemembered() throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let log = try #require(try harness.configuration([("x", TestLog().trust(), "")]).watchedLogs().first)
        var position = LogPosition()
        position.verifiedSize = 9
        WatchMetrics(registry: harness.registry)
            .prepare(log, remembered: .init(position: position, hasFork: true, lastSuccess: 5))
        let page = harness.registry.render()
        #expect(page.contains("nexo_watch_head_tree_size{log=\"x\"} 9\n"))
        #expect(page.contains("nexo_watch_fork_detected{log=\"x\"} 1\n"))
        #expect(page.contains("nexo_watch_last_success_timestamp_seconds{log=\"x\"} 5\n"))
    }

    /// What a restart would forget is read from the store: a watcher that was just started claims no silence since 1970.
    @Test func aRestartRemembersTheLastSuccess() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            let harness = try WatchHarness(url: url)
            _ = try await harness.poll(log.trust(), now: 1_700_001_000)
            server.answer { _ in .init("broken", status: 500) }
            let report = try await harness.poll(log.trust(), now: 1_700_002_000)
            #expect(report.failure != nil)
            #expect(
                harness.registry.render().contains(
                    "nexo_watch_last_success_timestamp_seconds{log=\"log\"} 1700001000\n"))
        }
    }
}

/// Holds a file of the repository to what the code says; `NEXO_WRITE_DOCS=1` writes it.
func expectDocument(_ path: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try RepositoryFile.text(path, writing: text) == text, "\(path)", sourceLocation: sourceLocation)
}
