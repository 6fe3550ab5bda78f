import Foundation
import HTTPTypes
import HostileLog
import HummingbirdTesting
import NIOCore
import Testing
import TransparencyLog

@testable import Watching

struct StatusSiteTests {
    @Test func theOverviewShowsEveryLogAtAGlance() async throws {
        try await SiteHarness.forked { _, configuration, _ in
            try await SiteHarness(configuration).run { (client) async throws in
                let response = try await client.get("/")
                #expect(response.status == .ok && response.headers[.contentType] == "text/html; charset=utf-8")
                let page = String(buffer: response.body)
                #expect(page.contains(#"<a href="log/log">log</a>"#))
                #expect(page.contains(#"<td class="bad" data-label="Health"><span>violation</span>"#))
                #expect(page.contains("<span>roots-recomputed</span>"))
                #expect(page.contains("<span>2 of 3: 0, 1</span>"))
                #expect(page.contains(#"<span>14 min 55 s</span>"#))
            }
        }
    }

    /// Where nobody can be told, all is not well, however the logs stand.
    @Test(arguments: [0, 1]) func theWatchersOwnTroublesAreInTheVerdict(troubles: Int) async throws {
        try await SiteHarness.honest { _, _, configuration, _ in
            let statuses = try await SiteHarness(configuration).reader.all()
            #expect(statuses.map(\.health) == [.ok])
            // Of a poll in the future nobody knows how long ago it was.
            let early = try await SiteHarness(configuration, now: 1_700_000_800).reader.all()
            #expect(early.map(\.health) == [.unknown])
            let trouble = StoredAlert(
                id: 1, logID: "", logName: "", kind: .trouble(.sinkFailing), subject: "hook", severity: .warning,
                fingerprint: .sha256([1]), revision: 1, findings: 0, unstored: 0, detail: "HTTP 500",
                openedAt: 1_700_000_000, updatedAt: 1_700_000_000)
            let page = OverviewPage(
                statuses: statuses, own: Array(repeating: trouble, count: troubles), now: 1_700_001_000
            ).html()
            #expect(page.contains("all well") == (troubles == 0))
            #expect(page.contains("Troubles of the watcher itself") == (troubles > 0))
        }
    }

    /// Pages, style, files and API: whatever a page leads to is there, for GET and HEAD.
    @Test func everyLinkLeadsSomewhere() async throws {
        try await SiteHarness.forked { _, configuration, _ in
            try await SiteHarness(configuration).run { (client) async throws in
                var open = ["/"]
                var seen: Set<String> = []
                while let page = open.popLast() {
                    guard seen.insert(page).inserted else { continue }
                    let response = try await client.get(page)
                    #expect(response.status == .ok, "\(page)")
                    #expect(try await client.get(page, method: .head).status == .ok, "HEAD \(page)")
                    guard response.headers[.contentType]?.hasPrefix("text/html") == true else { continue }
                    let base = try #require(URL(string: "http://localhost\(page)"))
                    for match in String(buffer: response.body).matches(of: /href="([^"]*)"/) {
                        let target = try #require(URL(string: String(match.1), relativeTo: base)?.absoluteURL)
                        #expect(target.host == "localhost")
                        open.append(target.path + (target.query.map { "?\($0)" } ?? ""))
                    }
                }
                #expect(seen.contains("/log/log") && seen.contains("/log/log?range=30d") && seen.contains("/metrics"))
                #expect(seen.contains { $0.hasPrefix("/evidence/") && $0.hasSuffix(".json") })
                #expect(seen.contains { $0.hasPrefix("/evidence/") && !$0.hasSuffix(".json") })
            }
        }
    }

    @Test func bothSidesOfAForkStandSideBySide() async throws {
        try await SiteHarness.forked { harness, configuration, log in
            let evidence = try #require(try harness.evidence().first)
            let hash = Digest.sha256(evidence.fileBytes)
            try await SiteHarness(configuration).run { (client) async throws in
                for address in ["/log/log", "/evidence/\(hash.hex)"] {
                    let page = try await client.text(address)
                    for exhibit in evidence.heads {
                        let root = try #require(exhibit.head["root"]?.serialized())
                        #expect(
                            page.contains("<td class=\"bad\"")
                                && page.contains(root.replacingOccurrences(of: "\"", with: "&quot;")), "\(address)")
                    }
                    #expect(page.contains("cosigner_1 signed both."), "\(address)")
                    #expect(page.contains("<span>differs</span>") && page.contains("<span>same</span>"))
                }
                let file = try await client.get("/evidence/\(hash.hex).json")
                #expect(Array(file.body.readableBytesView) == evidence.fileBytes)
                #expect(
                    file.headers[.contentDisposition] == "attachment; filename=\"\(hash.hex.prefix(16)).json\"")
            }
        }
    }

    /// What differs in its bytes differs, though it looks the same.
    @Test func headsThatDifferInNormalisationAlone() throws {
        let log = try TestLog.honest(1)
        let configuration = try WatchHarness(url: "http://127.0.0.1:1").configuration([("log", log.trust(), "")])
        let exhibits = ["zo\u{EB}", "zoe\u{308}"].map { text in
            let members = [JSONMember("note", .string(text)), JSONMember(text, .integer(1))]
            return Evidence.Exhibit(head: .object((log.heads[0].value.members ?? []) + members), observed: [])
        }
        let evidence = Evidence(
            kind: .sameSizeDifferentRoot, log: try log.trust(), heads: exhibits, equivocating: [], created: 0,
            tool: "test")
        let page = try EvidenceView(
            WatchedLog(configuration.logs[0], configuration, trust: log.trust()),
            StoredEvidence(kind: evidence.kind, bytes: evidence.fileBytes)
        ).html()
        // The note, a member of either that the other has not, and the hash.
        #expect(page.ranges(of: "<span>differs</span>").count == 4)
    }

    /// C12: what a server wrote is text, on every page.
    @Test func hostileTextIsNeverMarkup() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(2)
            server.answer { _ in
                .init("[{\"<script>alert(1)</script>\\u202e\\\"'&\": <img src=x onerror=alert(1)>\n}]", status: 200)
            }
            let harness = try WatchHarness(url: url)
            let configuration = try harness.configuration([("log", log.trust(), "")], leaves: false)
            let report = try await harness.poll(configuration)
            #expect(report.first?.rules == [.headMalformed])
            try await SiteHarness(configuration).run { (client) async throws in
                for address in ["/", "/log/log"] {
                    let page = try await client.text(address)
                    #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("\u{202e}"))
                }
                #expect(try await client.text("/log/log").contains("&lt;script&gt;"))
            }
        }
    }

    @Test func pagesOfFindingsFollowEachOther() async throws {
        let store = try StatusStoreFixture()
        try await store.addFindings(45)
        try await SiteHarness(store.configuration).run { (client) async throws in
            var address = "/log/log"
            var shown = 0
            var pages = 0
            while true {
                let page = try await client.text(address)
                shown += page.matches(of: /data-label="Rule"/).count
                pages += 1
                guard let older = page.firstMatch(of: /href="\.\.(\/log\/log\?before=\d+)">Older/) else { break }
                address = String(older.1)
            }
            #expect(shown == 45 && pages == 3)
        }
    }

    @Test func aLogWithoutAnythingHasAPage() async throws {
        let store = try StatusStoreFixture()
        try await SiteHarness(store.configuration).run { (client) async throws in
            #expect(try await client.text("/").contains("<span>unknown</span>"))
            #expect(try await client.text("/log/log").contains("not polled yet."))
        }
    }

    @Test(arguments: [
        "/log/other", "/log/..%2f..", "/evidence/00", "/evidence/\(String(repeating: "0", count: 64)).json",
        "/evidence/\(String(repeating: "0", count: 64))", "/nothing", "/log/",
    ])
    func whatIsNotThere(address: String) async throws {
        let store = try StatusStoreFixture()
        try await SiteHarness(store.configuration).run { (client) async throws in
            let response = try await client.get(address)
            #expect(response.status == .notFound)
            #expect(response.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none';") == true)
        }
    }
}
