import Foundation
import HostileLog
import Testing

@testable import Watching

struct ConfigurationFileTests {
    private static let log = "logs:\n  - {name: a, url: \"http://127.0.0.1/\", trust: t.json%}\n"

    private static func parse(_ text: String, in folder: URL = URL(fileURLWithPath: "/tmp")) throws
        -> WatchConfiguration
    {
        try ConfigurationFile.parse(text, folder: folder)
    }

    private static func log(_ more: String) -> String { log.replacing("%", with: more) }

    /// Repaired, it would watch another id than was written.
    @Test func whatIsNotUTF8IsRefused() throws {
        let folder = try ScratchFolder()
        let text = Self.log("").utf8 + Array("watch: [m".utf8) + [0xFC] + Array("ller@example]\n".utf8)
        let path = try folder.write(Array(text), to: "watch.yaml")
        let error = #expect(throws: ConfigurationFile.Invalid.self) { try ConfigurationFile.load(path) }
        #expect(try #require(error).description.hasSuffix("is not UTF-8; save it as that"))
    }

    @Test func vantages() throws {
        let folder = try ScratchFolder()
        _ = try folder.write("-----BEGIN CERTIFICATE-----\n", to: "cert.pem")
        let vantages = """
            vantages:
              - name: direct
              - name: tor
                proxy: socks5h://127.0.0.1:9050
                interface: 127.0.0.2
                resolve: ["eu.example:443:127.0.0.3"]
                headers: {X-Vantage: far, X-Empty: ""}
                client_certificate: cert.pem
                client_key: cert.pem
                pinned_key: sha256//AAAA
                ca_file: cert.pem

            """
        let configuration = try Self.parse(vantages + Self.log(""), in: folder.url)
        var tor = WatchConfiguration.Vantage(name: "tor")
        let file = folder.url.appending(path: "cert.pem").standardizedFileURL.path
        tor.proxy = "socks5h://127.0.0.1:9050"
        tor.interface = "127.0.0.2"
        tor.resolve = ["eu.example:443:127.0.0.3"]
        tor.headers = ["X-Vantage: far", "X-Empty;"]
        (tor.clientCertificate, tor.clientKey, tor.caFile) = (file, file, file)
        tor.pinnedKey = "sha256//AAAA"
        #expect(configuration.vantages == [.direct, tor])
        #expect(try Self.parse(Self.log("")).vantages == [.direct])
        let own = try Self.parse(vantages + Self.log(", vantages: [{name: b}], leaves: tiles"), in: folder.url)
        #expect(own.logs[0].vantages == [.init(name: "b")] && own.logs[0].leaves == "tiles")
    }

    @Test(arguments: [
        ("[]", "vantages: must be a list of at least one vantage"),
        ("[{proxy: \"http://127.0.0.1\"}]", "vantages[0].name: is needed"),
        ("[{name: \"a\\\"b\"}]", "vantages[0].name: is needed"),
        ("[{name: a}, {name: a}]", "vantages: the name \"a\" stands twice"),
        ("[{name: a, proxy: \"ftp://127.0.0.1\"}]", "vantages[0].proxy: must begin with one of http://"),
        ("[{name: a, resolve: [\"host:443\"]}]", "vantages[0].resolve: \"host:443\" is not host:port:address"),
        ("[{name: a, headers: {\"X\\r\\nY\": b}}]", "vantages[0].headers: "),
        ("[{name: a, headers: {X: \"b\\nc\"}}]", "vantages[0].headers: \"X\" is no header, or its value none"),
        ("[{name: a, headers: {Range: \"bytes=0-\"}}]", "vantages[0].headers: Range is set by the watcher itself"),
        ("[{name: a, ca_file: nowhere.pem}]", "vantages[0].ca_file: /tmp/nowhere.pem cannot be read; check its path"),
        ("[{name: a, ca_file: /dev/null}]", "vantages[0].ca_file: /dev/null is no PEM file"),
        ("[{name: a, client_key: /dev/null}]", "vantages[0].client_key: is of no use without client_certificate"),
        ("[{name: a, pinned_key: \"AAAA\"}]", "vantages[0].pinned_key: must be \"sha256//\""),
        ("[{name: a, prxy: b}]", "vantages[0]: unknown key \"prxy\""),
    ])
    func vantagesThatAreWrong(vantages: String, reason: String) {
        let error = #expect(throws: ConfigurationFile.Invalid.self) {
            try Self.parse("vantages: \(vantages)\n" + Self.log(""))
        }
        #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
    }

    /// Of the file's own keys and of inner ones, by the name that stands there.
    @Test(arguments: [
        ("intervall: 15s", "unknown key \"intervall\" in line 1; known are alerts, evidence, "),
        ("interval: 15", "interval: must be a duration such as 15s"),
        ("limits:\n  pools: 1", "limits: unknown key \"pools\" in line 2; known are "),
    ])
    func keysThatAreWrong(key: String, reason: String) {
        let error = #expect(throws: ConfigurationFile.Invalid.self) { try Self.parse("\(key)\n" + Self.log("")) }
        #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
    }

    @Test func leavesThatAreNotThere() throws {
        let folder = try ScratchFolder()
        let missing = try Self.parse(Self.log(", leaves: tile"), in: folder.url).missingLeaves
        #expect(missing.count == 1)
        #expect(missing.first?.hasPrefix("a: leaves: /") == true)
        #expect(missing.first?.hasSuffix("/tile is not there; give a path, a URL, or tiles") == true)
        _ = try folder.write("", to: "tile")
        for leaves in ["tile", "tiles", "http://127.0.0.1/users.jsonl"] {
            #expect(try Self.parse(Self.log(", leaves: \(leaves)"), in: folder.url).missingLeaves == [])
        }
    }

    @Test func watchList() throws {
        let configuration = try Self.parse(
            "limits: {watched_ids: 3}\n" + Self.log(", watch: [alice@x, \"*@board\"]"))
        #expect(configuration.logs[0].watch == ["alice@x", "*@board"] && configuration.limits.watchedIDs == 3)
        #expect(try Self.parse(Self.log("")).logs[0].watch == [])
    }

    @Test(arguments: [
        ("[]", "logs[0].watch: must be a list of texts"), ("[\"\"]", "logs[0].watch: must be a list of texts"),
        ("alice", "logs[0].watch: must be a list"), ("[{a: b}]", "logs[0].watch: must be a list of texts"),
        ("[a, b, c]", "logs[0].watch: has 3 entries, and limits.watched_ids is 2; raise that"),
        ("[\(String(repeating: "x", count: 4_097))]", "logs[0].watch: \"xxxx"), ("[*@x]", "not YAML"),
    ])
    func watchListsThatAreWrong(list: String, reason: String) {
        let error = #expect(throws: ConfigurationFile.Invalid.self) {
            try Self.parse("limits: {watched_ids: 2}\n" + Self.log(", watch: \(list)"))
        }
        #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
    }

    @Test func gossip() throws {
        let text = """
            gossip:
              key_file: watch.key
              interval: 5m
              peers: [{name: b, url: "https://b.example/"}, {name: c, url: "http://127.0.0.1:1", ca_file: /ca.pem}]
              limits: {conflicts: 3, timeout: 5s, submission_heads: 2, heads_per_minute: 9, patience: 1s,
                late_patience: 5m}

            """
        var expected = WatchConfiguration.Gossip()
        expected.keyFile = "/tmp/watch.key"
        expected.interval = .seconds(300)
        expected.peers = [.init(name: "b", url: "https://b.example"), .init(name: "c", url: "http://127.0.0.1:1")]
        expected.peers[1].caFile = "/ca.pem"
        expected.limits.conflicts = 3
        expected.limits.timeout = 5
        expected.limits.submissionHeads = 2
        expected.limits.headsPerMinute = 9
        expected.limits.patience = .seconds(1)
        expected.limits.latePatience = .seconds(300)
        #expect(try Self.parse(text + Self.log("")).gossip == expected)
        #expect(try Self.parse("gossip: {}\n" + Self.log("")).gossip == .init())
        #expect(try Self.parse(Self.log("")).gossip == nil)
    }

    @Test(arguments: [
        ("{peers: [{name: a}]}", "gossip.peers[0].url"), ("{peers: [{url: \"http://a/\"}]}", "gossip.peers[0].name"),
        ("{peers: [{name: a b, url: \"http://a/\"}]}", "gossip.peers[0].name"),
        ("{peers: [{name: a, url: \"ftp://a/\"}]}", "gossip.peers[0].url"),
        ("{peers: [{name: a, url: \"http://u:p@a/\"}]}", "gossip.peers[0].url"),
        ("{peers: [{name: a, url: \"http://a/\"}, {name: a, url: \"http://b/\"}]}", "gossip.peers: the name"),
        ("{limits: {conflicts: 0}}", "gossip.limits.conflicts"), ("{interval: 0s}", "gossip.interval"),
    ])
    func gossipThatIsWrong(gossip: String, reason: String) {
        let error = #expect(throws: ConfigurationFile.Invalid.self) {
            try Self.parse("gossip: \(gossip)\n" + Self.log(""))
        }
        #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
    }
}
