import Auditing
import HostileLog
import Testing
import TransparencyLog

/// The rules of SARIF 2.1.0 that the members used here come under.
struct ReportSARIFTests {
    @Test(arguments: ReportFixture.allCases)
    func theRulesOfSARIF(fixture: ReportFixture) async throws {
        let report = try await fixture.report(in: ScratchFolder())
        let value = try JSONReader.parse(Array(report.sarif().utf8))
        #expect(value["version"]?.text?.description == "2.1.0")
        let run = try #require(value["runs"]?.elements?.first)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.elements)
        let artifacts = try #require(run["artifacts"]?.elements)
        #expect(Set(artifacts).count == artifacts.count, "§3.14.15: artifacts are unique")
        #expect(rules.count == Set(rules.compactMap { $0["id"]?.text }).count)
        let results = try #require(run["results"]?.elements)
        #expect(results.count == report.audit.findings.count)
        for result in results {
            let index = Int(try #require(result["ruleIndex"]?.plainInteger))
            #expect(rules[index]["id"] == result["ruleId"], "§3.27.6: ruleIndex is the place of ruleId")
            let level = try #require(result["level"]?.text?.description)
            #expect(["error", "warning", "note"].contains(level))
            #expect(result["message"]?["text"]?.text != nil)
            for location in result["locations"]?.elements ?? [] {
                let place = try #require(location["physicalLocation"])
                let artifact = Int(try #require(place["artifactLocation"]?["index"]?.plainInteger))
                #expect(artifacts[artifact]["location"]?["uri"] == place["artifactLocation"]?["uri"])
                #expect(place["region"]?["startLine"]?.plainInteger ?? 1 >= 1)
            }
        }
        let invocation = try #require(run["invocations"]?.elements?.first)
        #expect(invocation["executionSuccessful"] == .bool(fixture != .incomplete))
    }
}
