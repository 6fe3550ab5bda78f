import HTTPTypes
import HostileLog
import HummingbirdTesting
import NIOCore
import Testing
import TransparencyLog
import Yams

@testable import Watching

struct StatusAPITests {
    /// docs/watch-api.yaml is what the program serves. `NEXO_WRITE_DOCS=1 swift test --filter StatusAPITests` writes it.
    @Test func theDescriptionIsTheFile() async throws {
        try expectDocument("docs/watch-api.yaml", OpenAPIDocument.text)
        let fixture = try StatusStoreFixture()
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            #expect(try await client.text("/api/v1/openapi.yaml") == OpenAPIDocument.text)
        }
    }

    /// Every call that is described answers as described, over a log with heads, findings, evidence and alerts.
    @Test func everyAnswerFitsItsDescription() async throws {
        let description = try OpenAPIDescription(OpenAPIDocument.text)
        let paths = description.paths.filter { !$0.hasPrefix("/gossip/") }
        try await SiteHarness.forked { harness, configuration, _ in
            let evidence = try #require(try harness.evidence().first)
            try await SiteHarness(configuration).run { (client) async throws in
                #expect(paths.count == 7)
                for path in paths {
                    let address = path.replacing("{log}", with: "log")
                        .replacing("{sha256}", with: Digest.sha256(evidence.fileBytes).hex)
                    let answer = try await client.json(address)
                    #expect(description.problems(of: answer, path: path) == [], "\(path)")
                    for (_, list) in (answer.members ?? []).map({ ($0.name, $0.value.elements) }) {
                        #expect(list?.isEmpty != true, "\(path) shows nothing")
                    }
                }
            }
        }
    }

    /// The test's own reader notices what does not fit.
    @Test func aWrongAnswerIsNoticed() throws {
        let description = try OpenAPIDescription(OpenAPIDocument.text)
        let path = "/api/v1/alerts"
        for answer in [
            #"{}"#, #"{"alerts":[],"next_cursor":1}"#, #"{"alerts":[{}],"next_cursor":null}"#,
            #"{"alerts":[],"next_cursor":null,"more":1}"#, #"[]"#,
        ] {
            let value = try JSONReader.parse(Array(answer.utf8))
            #expect(!description.problems(of: value, path: path).isEmpty, "\(answer)")
        }
        let good = try JSONReader.parse(Array(#"{"alerts":[],"next_cursor":null}"#.utf8))
        #expect(description.problems(of: good, path: path) == [])
    }

    @Test(arguments: [
        "logs?x=1", "logs/log?limit=1", "findings?limit=0", "findings?limit=101", "findings?limit=",
        "findings?limit=-1",
        "findings?limit=1&limit=2", "findings?cursor=x", "findings?cursor=1234567890123456789", "findings?rule=branch",
        "logs/log/findings?rule=none", "logs/log/heads?tree_size=1.0", "logs/log/heads?cursor=1-2",
        "logs/log/heads?cursor=1-2-3-4", "logs/log/heads?cursor=1-+2-3", "alerts?state=closed", "alerts?=1",
    ])
    func badQuestions(question: String) async throws {
        let fixture = try StatusStoreFixture()
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            let response = try await client.get("/api/v1/\(question)")
            #expect(response.status == .badRequest)
            let error = try JSONReader.parse(response.body.readableBytesView)["error"]
            #expect(error?["status"]?.plainInteger == 400 && error?["message"]?.text != nil)
        }
    }

    @Test(arguments: ["logs/other", "logs/other/heads", "logs/other/findings", "nothing", "", "logs/"])
    func whatIsNotThere(address: String) async throws {
        let fixture = try StatusStoreFixture()
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            let response = try await client.get("/api/v1/\(address)")
            #expect(response.status == .notFound || address == "logs/")
            #expect(response.headers[.contentType] == "application/json")
        }
    }

    @Test func pagesFollowTheirCursors() async throws {
        let fixture = try StatusStoreFixture()
        try await fixture.addFindings(50)
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            var ids: [UInt64] = []
            var cursor = ""
            while true {
                let page = try await client.json("/api/v1/findings?limit=7\(cursor)")
                ids += (page["findings"]?.elements ?? []).compactMap { $0["id"]?.plainInteger }
                guard let next = page["next_cursor"]?.text else { break }
                cursor = "&cursor=\(next)"
            }
            #expect(ids == Array((1...50).reversed()))
        }
    }

    @Test func aLogIsFoundByItsIdToo() async throws {
        let fixture = try StatusStoreFixture()
        try await SiteHarness(fixture.configuration).run { (client) async throws in
            #expect(try await client.json("/api/v1/logs/\(fixture.logID)")["name"]?.text?.description == "log")
        }
    }
}
