import Foundation
import GRDB
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// Queues and their semantics, through real HTTP and SQLite.
struct DeliveryTests {
    @Test func aFindingIsToldOnceOverRestarts() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            var store = try fixture.store()
            let sinks = [AlertFixture.webhook("ops", url)]
            var service = try await fixture.service(store, sinks)
            try await fixture.find(store, .branch, [7], evidence: Array("{}".utf8))
            for _ in 0..<3 {
                await service.deliverOnce()
                store = try fixture.store()
                service = try await fixture.service(store, sinks)
            }
            await service.deliverOnce()
            let alerts = try receiver.alerts
            #expect(alerts.count == 1)
            let alert = try #require(alerts.first)
            #expect(
                alert["format"]?.text?.description == "nexo-alert/v1" && alert["kind"]?.text?.description == "branch")
            #expect(
                alert["state"]?.text?.description == "firing" && alert["severity"]?.text?.description == "violation")
            #expect(alert["count"]?.plainInteger == 1 && alert["log"]?["name"]?.text?.description == "log")
            let evidence = alert["findings"]?.elements?.first?["evidence"]
            #expect(evidence?["sha256"]?.text?.description == Digest.sha256(Array("{}".utf8)).hex)
            #expect(evidence?["check"]?.text?.description.hasPrefix("nexo-audit evidence /") == true)
            #expect(
                alert["acknowledge"]?.text?.description.hasPrefix("nexo-watch ack 1 --revision 1 --config ") == true)
        }
    }

    /// C13: each sink has its own queue; the one that works is told once, the other when it works again.
    @Test func aSinkThatFailsHoldsNobodyUp() async throws {
        try await Receiver.run { good, goodURL in
            try await Receiver.run { bad, badURL in
                bad.answer { _ in 500 }
                let fixture = try AlertFixture()
                let store = try fixture.store()
                let service = try await fixture.service(
                    store, [AlertFixture.webhook("bad", badURL), AlertFixture.webhook("good", goodURL)])
                try await fixture.find(store, .branch, [7])
                let run = Task { await service.run() }
                #expect(await eventually { bad.received.count >= 4 })
                #expect(Set(bad.keys).count <= 1 && bad.keys.first?.isEmpty == false)
                // The other sink is told of the finding, and then that this one fails; it is told neither twice.
                #expect(await eventually { good.received.count == 2 })
                #expect(try good.alerts.map { $0["kind"]?.text?.description } == ["branch", "sink-failing"])
                #expect(try good.alerts.last?["sink"]?.text?.description == "bad")
                // Counted once it has the answer.
                #expect(
                    await eventually {
                        fixture.registry.render().contains("nexo_watch_alert_deliveries_total{sink=\"good\"} 2\n")
                    })
                let page = fixture.registry.render()
                #expect(page.contains("nexo_watch_alert_deliveries_total{sink=\"bad\"} 0\n"))
                #expect(!page.contains("nexo_watch_alert_delivery_failures_total{sink=\"bad\"} 0\n"))
                #expect(
                    await eventually {
                        fixture.registry.render().contains("nexo_watch_alert_queue_depth{sink=\"bad\"} 1\n")
                    })
                bad.answer { _ in 200 }
                #expect(
                    await eventually {
                        fixture.registry.render().contains("nexo_watch_alert_queue_depth{sink=\"bad\"} 0\n")
                    })
                run.cancel()
                await run.value
                #expect(Set(bad.keys).count == 1 && good.received.count == 2)
                #expect(try await store.openAlerts().map(\.kind) == [.rule(.branch)])
            }
        }
    }

    /// C13: many findings are one alert with a count, and changes are told once a group interval.
    @Test func findingsAreGrouped() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .rootMismatch, Array(1...100))
            await service.deliverOnce()
            for round in 1...5 {
                try await fixture.find(store, .rootMismatch, Array(UInt64(round * 100 + 1)...UInt64(round * 100 + 100)))
                fixture.advance(50)
                await service.deliverOnce()
            }
            #expect(receiver.received.count == 1)
            fixture.advance(50)
            await service.deliverOnce()
            #expect(try receiver.alerts.map { $0["count"]?.plainInteger } == [100, 600])
            #expect(try receiver.alerts.allSatisfy { $0["findings"]?.elements?.count == 5 })
            #expect(Set(receiver.keys.map { $0.prefix(64) }).count == 1 && Set(receiver.keys).count == 2)
        }
    }

    /// Nothing is told before its evidence is on its way to the disk.
    @Test func evidenceComesFirst() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .branch, [7], announced: false)
            await service.deliverOnce()
            #expect(receiver.received.isEmpty)
            try await store.markAnnounced(store.unannounced(of: AlertFixture.logID), logID: AlertFixture.logID)
            await service.deliverOnce()
            #expect(receiver.received.count == 1, "\(fixture.lines.withLock { $0 })")
        }
    }

    /// Alerts that are due are read together, and told one after the other: what joins one meanwhile is told with its next
    /// revision, and when its evidence is on the disk.
    @Test(arguments: [false, true]) func findingsThatJoinMeanwhile(announced: Bool) async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            receiver.answer { _ in
                if receiver.received.count == 1 { await Self.find([9], fixture, store, announced: announced) }
                return 200
            }
            await Self.find([7], fixture, store)
            await service.deliverOnce()
            #expect(try await store.findings(of: AlertFixture.logID).count == 4)
            let alerts = try receiver.alerts
            #expect(alerts.map { $0["count"]?.plainInteger } == [1, 1])
            let findings = alerts.flatMap { $0["findings"]?.elements ?? [] }
            #expect(findings.map { $0["tree_size"]?.plainInteger } == [7, 7])
        }
    }

    /// So it is with reminders.
    @Test func findingsThatJoinBeforeAReminder() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            var sink = WatchConfiguration.Sink(
                name: "am", target: .alertmanager(.init(url: url, resend: .zero)))
            sink.timeout = AlertFixture.patience
            let service = try await fixture.service(store, [sink])
            await Self.find([7], fixture, store)
            await service.deliverOnce()
            let told = receiver.received.count
            receiver.answer { _ in
                await Self.find([9], fixture, store, announced: false)
                return 200
            }
            await service.deliverOnce()
            #expect(try await store.findings(of: AlertFixture.logID).count == 4)
            let reminders = receiver.received.dropFirst(told).map { String(decoding: $0.body, as: UTF8.self) }
            #expect(reminders.count == 2)
            #expect(reminders.allSatisfy { $0.contains("at size 7") && !$0.contains("at size 9") }, "\(reminders)")
        }
    }

    /// Finds the same in two alerts.
    private static func find(
        _ sizes: [UInt64], _ fixture: AlertFixture, _ store: SQLiteStore, announced: Bool = true
    ) async {
        for rule in [Rule.branch, .linkBroken] {
            do { try await fixture.find(store, rule, sizes, announced: announced) } catch { Issue.record(error) }
        }
    }

    /// Who is not reminded needs no memory for it.
    @Test func nothingIsKeptForReminders() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            await Self.find([7], fixture, store)
            await service.deliverOnce()
            #expect(receiver.received.count == 2)
            for queue in service.queues { #expect(await queue.reminded.isEmpty) }
        }
    }

    /// What one sink refuses for good does not keep other alerts from it.
    @Test func aMessageThatIsRefusedHoldsNoOtherUp() async throws {
        try await Receiver.run { receiver, url in
            receiver.answer { String(decoding: $0.body, as: UTF8.self).contains("\"kind\":\"branch\"") ? 400 : 200 }
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)]) {
                $0.alerts.retryFirst = .seconds(600)
                $0.alerts.retryMax = .seconds(600)
            }
            try await fixture.find(store, .branch, [7])
            await service.deliverOnce()
            try await fixture.find(store, .linkBroken, [8])
            await service.deliverOnce()
            #expect(try receiver.alerts.map { $0["kind"]?.text?.description } == ["branch", "link-broken"])
            #expect(try await store.queueState(of: "ops").depth == 1)
        }
    }

    @Test func anAcknowledgedAlertIsClosedAndTheNextFindingOpensAnother() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .branch, [7])
            await service.deliverOnce()
            #expect(try await store.hasFork(AlertFixture.logID))
            // As the command does it: another process, another connection.
            let other = try fixture.store()
            // What joined since somebody read of it is not acknowledged with it.
            try await fixture.find(store, .branch, [9])
            let refusal = await #expect(throws: AcknowledgementRefused.self) {
                try await other.acknowledge(1, revision: 1, .init(at: 1_700_000_100, by: "ann", note: "known"))
            }
            #expect(try #require(refusal).description.contains("2 findings by now"))
            #expect(try #require(refusal).description.hasSuffix("--revision 2"))
            let acknowledged = try await other.acknowledge(
                1, revision: 2, .init(at: 1_700_000_100, by: "ann", note: "known"))
            #expect(acknowledged.state == .acknowledged)
            #expect(try await !store.hasFork(AlertFixture.logID))
            await #expect(throws: AcknowledgementRefused.self) {
                try await other.acknowledge(1, .init(at: 1_700_000_101, by: "bob", note: "again"))
            }
            await #expect(throws: AcknowledgementRefused.self) {
                try await other.acknowledge(9, .init(at: 1_700_000_101, by: "bob", note: "what"))
            }
            fixture.advance(300)
            await service.deliverOnce()
            try await fixture.find(store, .branch, [8])
            await service.deliverOnce()
            let alerts = try receiver.alerts
            #expect(alerts.map { $0["state"]?.text?.description } == ["firing", "acknowledged", "firing"])
            #expect(alerts.map { $0["id"]?.plainInteger } == [1, 1, 2])
            #expect(alerts[1]["acknowledgement"]?["by"]?.text?.description == "ann")
            #expect(alerts[0]["fingerprint"] == alerts[1]["fingerprint"])
            #expect(alerts[0]["fingerprint"] != alerts[2]["fingerprint"])
            #expect(try await store.hasFork(AlertFixture.logID))
        }
    }

    /// What is held back for being about the same alert does not wait: nobody is woken for that.
    @Test func whatIsHeldBackIsNotOld() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .branch, [7])
            await service.deliverOnce()
            let told = fixture.clock.withLock { $0 }
            fixture.advance(1)
            try await fixture.find(store, .branch, [8])
            #expect(try await store.queueState(of: "ops", holding: 900) == QueueState(depth: 1, oldest: told + 900))
            #expect(try await store.queueState(of: "ops") == QueueState(depth: 1, oldest: told + 1))
        }
    }

    /// A fork waits behind no warnings, and one that a sink does not take holds the rest up three times at most.
    @Test func aViolationIsToldFirst() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        try await store.openQueues(["ops"], at: 1_700_000_000)
        try await fixture.find(store, .chainGap, [5])
        try await fixture.find(store, .headStale, [7])
        fixture.advance(60)
        try await fixture.find(store, .branch, [8])
        func kinds() async throws -> [String] {
            try await store.queued(for: "ops", toldBefore: 0, now: 1_700_000_900, limit: 9).map(\.alert.kind.rawValue)
        }
        #expect(try await kinds() == ["branch", "chain-gap", "head-stale"])
        for tries in 1...3 {
            try await store.markFailed("ops", alert: 3, error: "400")
            #expect(try await kinds().first == (tries < 3 ? "branch" : "chain-gap"))
        }
    }

    /// A trouble that was acknowledged and goes on opens no second alert, and ends by itself.
    @Test func anAcknowledgedTroubleGoesOnQuietly() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        try await fixture.find(store, .headStale, [7])
        _ = try await store.acknowledge(1, .init(at: 1_700_000_100, by: "ann", note: "known"))
        try await fixture.find(store, .headStale, [8])
        let open = try await store.openAlerts()
        #expect(open.map(\.state) == [.acknowledged] && open.first?.findings == 2)
        try await fixture.find(store, .chainGap, [9], resolves: [.headStale])
        #expect(try await store.alert(1)?.state == .resolved)
    }

    @Test func aSinkThatIsNewIsToldOfWhatIsOpen() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            try await fixture.find(store, .branch, [7])
            try await fixture.find(store, .linkBroken, [7])
            _ = try await store.acknowledge(2, .init(at: 1_700_000_100, by: "ann", note: "known"))
            let service = try await fixture.service(store, [AlertFixture.webhook("new", url)])
            await service.deliverOnce()
            #expect(try receiver.alerts.map { $0["kind"]?.text?.description } == ["branch"])
        }
    }

    /// A silent sink neither holds up another one nor a stop.
    @Test(.timeLimit(.minutes(5))) func aSilentSinkHoldsNothingUp() async throws {
        try await Receiver.run { good, goodURL in
            try await Receiver.run { silent, silentURL in
                silent.answer { _ in
                    try? await Task.sleep(for: .seconds(600))
                    return 200
                }
                let fixture = try AlertFixture()
                let store = try fixture.store()
                var slow = AlertFixture.webhook("slow", silentURL)
                slow.timeout = .seconds(600)
                let service = try await fixture.service(store, [slow, AlertFixture.webhook("good", goodURL)])
                try await fixture.find(store, .branch, [7])
                let run = Task { await service.run() }
                #expect(await eventually { good.received.count == 1 && silent.received.count == 1 })
                run.cancel()
                await run.value
                #expect(try await store.queueState(of: "slow").depth == 1)
            }
        }
    }

    /// A stop lets a message that is under way arrive, and it is told once.
    @Test func aStopInTheMiddleOfASend() async throws {
        try await Receiver.run { receiver, url in
            let (stop, stopped) = AsyncStream.makeStream(of: Void.self)
            receiver.answer { _ in
                for await _ in stop {}
                return 200
            }
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let sinks = [AlertFixture.webhook("ops", url)]
            let service = try await fixture.service(store, sinks, grace: AlertFixture.patience)
            try await fixture.find(store, .branch, [7])
            // It took nothing before, of which others were told.
            let trouble = RaisedTrouble(kind: .sinkFailing, subject: "ops")
            await service.troubles.raise(trouble)
            let run = Task { await service.run() }
            #expect(await eventually { receiver.received.count == 1 })
            run.cancel()
            stopped.finish()
            await run.value
            #expect(await !service.troubles.isOpen(trouble))
            #expect(try await store.openAlerts().map(\.kind) == [.rule(.branch)])
            #expect(try await store.queueState(of: "ops").depth == 0)
            await service.deliverOnce()
            #expect(receiver.received.count == 1)
        }
    }

    /// The store cannot be written after a message was taken: it is marked later, and not sent again.
    @Test func aMessageThatCannotBeMarkedIsNotRepeated() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .branch, [7])
            try await store.pool.write { database in
                try database.execute(
                    sql: """
                        CREATE TRIGGER broken BEFORE UPDATE ON deliveries BEGIN SELECT raise(ABORT, 'disk full'); END
                        """)
            }
            for _ in 0..<3 { await service.deliverOnce() }
            #expect(receiver.received.count == 1)
            try await store.pool.write { try $0.execute(sql: "DROP TRIGGER broken") }
            await service.deliverOnce()
            #expect(receiver.received.count == 1)
            #expect(try await store.queueState(of: "ops").depth == 0)
        }
    }

    /// A run beside the daemon leaves the telling to it.
    @Test func oneProcessTellsAtATime() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let sinks = [AlertFixture.webhook("ops", url)]
            let service = try await fixture.service(store, sinks)
            try await fixture.find(store, .branch, [7])
            var lock = try DeliveryLock.take(fixture.path + "-alerts.lock")
            #expect(lock != nil)
            await service.deliverOnce()
            #expect(receiver.received.isEmpty)
            lock = nil
            await service.deliverOnce()
            #expect(receiver.received.count == 1)
        }
    }

    /// A sink that is reminded is known to fail also while there is nothing new to tell.
    @Test func remindersThatFail() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let sink = WatchConfiguration.Sink(
                name: "am", target: .alertmanager(.init(url: url, resend: .milliseconds(1))))
            let service = try await fixture.service(store, [sink])
            try await fixture.find(store, .branch, [7])
            let run = Task { await service.run() }
            #expect(await eventually { !receiver.received.isEmpty })
            receiver.answer { _ in 503 }
            #expect(try await eventually { try await store.openAlerts().count == 2 })
            receiver.answer { _ in 200 }
            #expect(try await eventually { try await store.openAlerts().map(\.kind) == [.rule(.branch)] })
            run.cancel()
            await run.value
        }
    }

    /// An Alertmanager that was told of one alert, and is reminded and tried again without a pause.
    private static func toldAlertmanager(_ url: String) async throws -> (AlertFixture, SQLiteStore, AlertService) {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        let sink = WatchConfiguration.Sink(
            name: "am", target: .alertmanager(.init(url: url, resend: .milliseconds(1))))
        let service = try await fixture.service(store, [sink]) {
            $0.alerts.retryFirst = .milliseconds(1)
            $0.alerts.retryMax = .milliseconds(1)
        }
        try await fixture.find(store, .headStale, [7])
        await service.deliverOnce()
        return (fixture, store, service)
    }

    /// A sink that was away while nothing but reminders was due is seen to be back, however long it took.
    @Test func aSinkThatIsBack() async throws {
        try await Receiver.run { receiver, url in
            let (fixture, store, service) = try await Self.toldAlertmanager(url)
            try await fixture.find(store, .headStale, [], resolves: [.headStale])
            await service.deliverOnce()
            receiver.answer { _ in 503 }
            let run = Task { await service.run() }
            let queue = try #require(service.queues.first)
            #expect(try await eventually { await queue.isFailing })
            fixture.advance(600)
            receiver.answer { _ in 200 }
            #expect(try await eventually { await !queue.isFailing })
            #expect(try await eventually { try await store.openAlerts().isEmpty })
            run.cancel()
            await run.value
        }
    }

    /// A reminder that a sink refuses counts no more once nobody is reminded of it.
    @Test func aRefusedReminderOfWhatIsOver() async throws {
        try await Receiver.run { receiver, url in
            let (fixture, store, service) = try await Self.toldAlertmanager(url)
            try await fixture.find(store, .chainGap, [8], resolves: [.headStale])
            await service.deliverOnce()
            receiver.answer { String(decoding: $0.body, as: UTF8.self).contains("head-stale") ? 403 : 200 }
            let run = Task { await service.run() }
            #expect(try await eventually { try await store.openAlerts().contains { $0.subject == "am" } })
            let queue = try #require(service.queues.first)
            #expect(await queue.isFailing)
            // No sink is reminded for more than five minutes of what ended.
            fixture.advance(600)
            #expect(try await eventually { try await store.openAlerts().map(\.kind) == [.rule(.chainGap)] })
            #expect(await !queue.isFailing)
            run.cancel()
            await run.value
        }
    }

    /// What a sink or a log that is gone had to do with is over.
    @Test func troublesOfWhatIsGone() async throws {
        let fixture = try AlertFixture()
        let store = try fixture.store()
        _ = try await store.raise(RaisedTrouble(kind: .sinkFailing, subject: "gone"), at: 1)
        _ = try await store.raise(RaisedTrouble(kind: .pollsFailing, logID: "gone", logName: "gone"), at: 1)
        _ = try await store.raise(RaisedTrouble(kind: .sinkFailing, subject: "here"), at: 1)
        _ = try await fixture.service(store, [AlertFixture.webhook("here", "http://127.0.0.1:1")])
        #expect(try await store.openAlerts().map(\.subject) == ["here"])
    }

    /// A clock that is set back by a year holds no message back for a year.
    @Test func aClockThatIsSetBack() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let service = try await fixture.service(store, [AlertFixture.webhook("ops", url)])
            try await fixture.find(store, .branch, [7])
            await service.deliverOnce()
            fixture.clock.withLock { $0 -= 31_536_000 }
            try await fixture.find(store, .branch, [8])
            await service.deliverOnce()
            #expect(receiver.received.count == 2)
        }
    }
}
