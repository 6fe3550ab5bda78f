import Foundation
import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

struct SQLiteStatusTests {
    /// No question scans a list or sorts one: each takes a time that the number of heads and findings does not matter to.
    @Test(arguments: StatusSQL.allCases)
    func everyQuestionIsAnsweredFromAnIndex(question: StatusSQL) async throws {
        let fixture = try StatusStoreFixture()
        let plan = try await fixture.store.pool.read { database in
            try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN \(question.rawValue)",
                arguments: StatementArguments(
                    Array(repeating: 1, count: question.rawValue.filter { $0 == "?" }.count))
            ).map { $0["detail"] as String }
        }
        #expect(!plan.isEmpty)
        for line in plan {
            #expect(!line.contains("TEMP B-TREE"), "\(plan)")
            let mayScan = line.hasSuffix("CONSTANT ROW") || line.contains("alerts_open_newest")
            #expect(!line.hasPrefix("SCAN") || mayScan, "\(plan)")
        }
    }

    @Test func samplesAreTheHeadsOfTheirTimes() async throws {
        let fixture = try StatusStoreFixture()
        var generator = SystemRandomNumberGenerator()
        var heads: [(size: UInt64, timestamp: UInt64)] = []
        var time: UInt64 = 1_700_000_000
        for size in 1...400 as ClosedRange<UInt64> {
            time += UInt64.random(in: 0...600, using: &generator)
            heads.append((size, time))
        }
        try await fixture.addHeads(heads)
        let times = (0...100).map { 1_699_999_000 + $0 * (time - 1_699_998_000) / 100 }
        let samples = try await fixture.status.samples(of: fixture.logID, at: times)
        for (sample, time) in zip(samples, times) {
            let newest = heads.filter { $0.timestamp <= time }.max { ($0.timestamp, $0.size) < ($1.timestamp, $1.size) }
            #expect(sample.timestamp == newest?.timestamp && sample.treeSize == newest?.size ?? 0)
            #expect(sample.nextTimestamp == heads.map(\.timestamp).filter { $0 > time }.min())
        }
        #expect(samples.count == 101 && samples[0].timestamp == nil && samples[100].nextTimestamp == nil)
    }

    @Test func pagesOfHeadsGoThroughAllOnce() async throws {
        let fixture = try StatusStoreFixture()
        // Heartbeats of one size, and some with more signers.
        try await fixture.addHeads((1...70).map { (UInt64($0 / 10), 1_700_000_000 + UInt64($0)) })
        try await fixture.addHeads(
            (1...30).map { (UInt64($0 / 10), 1_700_000_000 + UInt64($0)) },
            signers: ["cosigner_0", "cosigner_1", "cosigner_2"])
        let status = try fixture.status
        var page = StatusPage<HeadCursor>(limit: 7)
        var items: [HeadItem] = []
        while true {
            let next = try await status.heads(of: fixture.logID, treeSize: nil, page: page)
            #expect(next.count <= 7)
            items += next
            guard let last = next.last else { break }
            page.after = HeadCursor(last.cursor.text)
        }
        #expect(items.count == 100 && Set(items.map(\.id)).count == 100)
        let sizes = items.map { ($0.head.known.treeSize) }
        #expect(sizes == sizes.sorted(by: >))
        let ofSize = try await status.heads(of: fixture.logID, treeSize: 3, page: .init(limit: 100))
        #expect(ofSize.count == 11 && ofSize.allSatisfy { $0.head.known.treeSize == 3 })
        #expect(ofSize.first?.head.known.signers.count == 3)
    }

    @Test func findingsByRuleAndOfAllLogs() async throws {
        let fixture = try StatusStoreFixture()
        try await fixture.addFindings(5)
        try await fixture.addFindings(3, rule: .leavesMissing)
        let status = try fixture.status
        let one = try await status.findings(of: fixture.logID, rule: .leavesMissing, page: .init(limit: 100))
        #expect(one.map(\.stored.finding.rule) == Array(repeating: .leavesMissing, count: 3))
        let all = try await status.findings(of: nil, rule: nil, page: .init(limit: 6))
        #expect(all.map(\.id) == [8, 7, 6, 5, 4, 3] && all.first?.name == "log")
        #expect(try await status.findings(of: "another", rule: nil, page: .init(limit: 6)).isEmpty)
    }

    @Test func alertsThatAreOpen() async throws {
        let fixture = try StatusStoreFixture()
        try await fixture.addFindings(1, rule: .branch)
        try await fixture.addFindings(2, rule: .headStale)
        let status = try fixture.status
        var stored = try #require(try await status.logs([fixture.logID])[fixture.logID])
        #expect(stored.openAlerts == [.violation: 1, .warning: 1] && !stored.hasUnassignedViolation)
        #expect(
            try await status.alerts(onlyOpen: true, page: .init(limit: 10)).map(\.kind)
                == [.rule(.headStale), .rule(.branch)])
        try await fixture.store.pool.write {
            try $0.execute(sql: "UPDATE alerts SET closed_at = 6, acknowledged_at = 6 WHERE kind = 'branch'")
            // A trouble that somebody knows of, and that goes on.
            try $0.execute(sql: "UPDATE alerts SET acknowledged_at = 6 WHERE kind = 'head-stale'")
        }
        stored = try #require(try await status.logs([fixture.logID])[fixture.logID])
        #expect(stored.openAlerts.isEmpty && !stored.hasUnassignedViolation)
        #expect(try await status.alerts(onlyOpen: true, page: .init(limit: 10)).isEmpty)
        #expect(try await status.alerts(onlyOpen: false, page: .init(limit: 10)).map(\.findings) == [2, 1])
        try await fixture.store.pool.write { try $0.execute(sql: "UPDATE findings SET alert = NULL") }
        #expect(try await status.logs([fixture.logID])[fixture.logID]?.hasUnassignedViolation == true)
    }

    @Test func pollsAreKept() async throws {
        let fixture = try StatusStoreFixture()
        let board = PollBoard()
        board.succeeded(fixture.logID, at: 10)
        try await fixture.store.keep(board.takeChanges())
        board.failed(fixture.logID, String(repeating: "x", count: 1_000), at: 20)
        try await fixture.store.keep(board.takeChanges())
        #expect(board.takeChanges().isEmpty)
        let poll = try #require(try await fixture.status.polls([fixture.logID, "another"])[fixture.logID])
        #expect(poll.successAt == 10 && poll.failureAt == 20 && poll.isFailing && poll.failure.count == 300)
    }

    @Test func itCannotWriteAndMakesNoDatabase() async throws {
        let fixture = try StatusStoreFixture()
        let missing = fixture.folder.url.appending(path: "none.db").path
        #expect(throws: SQLiteStatus.Unreadable.self) { try SQLiteStatus(path: missing) }
        #expect(!FileManager.default.fileExists(atPath: missing))
        let text = try fixture.folder.write("no database", to: "text.db")
        #expect(throws: SQLiteStatus.Unreadable.self) { try SQLiteStatus(path: text) }
    }
}
