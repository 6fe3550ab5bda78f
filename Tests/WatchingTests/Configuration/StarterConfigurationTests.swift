import Foundation
import Testing
import TransparencyLog

@testable import Watching

struct StarterConfigurationTests {
    private static func starter(
        _ description: String = "{}", name: String = "nexo-eu", url: String = "https://eu.example/nexo",
        webhook: String? = nil
    ) throws -> StarterConfiguration {
        try StarterConfiguration(
            name: name, url: url, description: try JSONReader.parse(Array(description.utf8)), webhook: webhook)
    }

    private static func parse(_ starter: StarterConfiguration) throws -> WatchConfiguration {
        try ConfigurationFile.parse(starter.text, folder: URL(fileURLWithPath: "/tmp"))
    }

    @Test(arguments: [
        (#"{"additions":["proof","tile","users"]}"#, "https://eu.example/nexo/log/users.jsonl"),
        (#"{"additions":["tile"]}"#, "tiles"), (#"{"additions":[1,"other"]}"#, nil), (#"{"additions":"tile"}"#, nil),
        ("{}", nil),
    ])
    func leavesAreWhatTheLogPublishes(description: String, leaves: String?) throws {
        let starter = try Self.starter(description)
        let log = try Self.parse(starter).logs[0]
        #expect(log.leaves == leaves && log.trust == "/tmp/nexo-eu.json" && log.url == "https://eu.example/nexo")
        try starter.check(folder: URL(fileURLWithPath: "/tmp"))
    }

    @Test func allElseIsTheDefault() throws {
        let configuration = try Self.parse(Self.starter())
        let least = try ConfigurationFile.parse(
            #"logs: [{name: nexo-eu, url: "https://eu.example/nexo", trust: nexo-eu.json}]"#,
            folder: URL(fileURLWithPath: "/tmp"))
        #expect(configuration == least)
    }

    @Test func theWebhookIsTold() throws {
        let starter = try Self.starter(webhook: "ftp://hooks.example/")
        #expect(throws: ConfigurationFile.Invalid.self) { try starter.check(folder: URL(fileURLWithPath: "/tmp")) }
        let good = try Self.parse(Self.starter(webhook: "https://hooks.example/nexo"))
        #expect(good.alerts.sinks.map(\.name) == ["ops"])
        guard case .webhook(let webhook) = good.alerts.sinks[0].target else { return #expect(Bool(false)) }
        #expect(webhook.address == .url("https://hooks.example/nexo"))
    }

    /// With the marks taken off, what is commented out is a configuration too.
    @Test(arguments: [nil, "https://hooks.example/nexo"])
    func whatIsCommentedOutIsRight(webhook: String?) throws {
        let text = try Self.starter(webhook: webhook).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.firstMatch(of: /^( *)# ((?:  )*(?:- \{name|max_head_age:|leaves:|alerts:|sinks:).*)$/)
                .map { String($0.1 + $0.2) } ?? String(line)
        }
        let configuration = try ConfigurationFile.parse(
            lines.joined(separator: "\n"), folder: URL(fileURLWithPath: "/tmp"))
        #expect(configuration.alerts.sinks.map(\.name) == ["ops", "mail", "am", "pager"])
        #expect(configuration.logs[0].maxHeadAge == 86_400 && configuration.logs[0].leaves == "/tmp/users.jsonl")
    }

    /// A log says its own name: it must not lead out of the folder, nor into the configuration.
    @Test(arguments: ["", "..", ".hidden", "a/b", "/etc/x", "a\nb", "a b", "a: {b}", String(repeating: "a", count: 65)])
    func namesThatAreNoFileNames(name: String) {
        let error = #expect(throws: ConfigurationFile.Invalid.self) { try Self.starter(name: name) }
        #expect(error?.description.contains("--name") == true)
    }

    @Test func anAddressStaysOneText() throws {
        let url = "https://eu.example/\"\nstore: /etc/x\n#"
        #expect(try Self.parse(Self.starter(url: url)).logs[0].url == url)
        #expect(try Self.parse(Self.starter(url: url)).store == "/tmp/watch.db")
    }
}
