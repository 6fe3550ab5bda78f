import Foundation
import HostileLog
import Testing

@testable import Watching

/// Secrets that everybody can read are told of, by the name of their file.
struct OpenSecretsTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func configuration(_ more: String) throws -> WatchConfiguration {
        _ = try folder.write(
            "logs: [{name: a, url: \"https://a/\", trust: t}]\nlisten: 127.0.0.1:0\n" + more, to: "watch.yaml")
        return try ConfigurationFile.load(folder.url.appending(path: "watch.yaml").path)
    }

    private func open(_ configuration: WatchConfiguration) -> [String] {
        configuration.openSecrets.map { $0.prefix { $0 != ":" }.split(separator: "/").last.map(String.init) ?? "" }
    }

    private func allow(_ mode: Int, _ name: String) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: folder.url.appending(path: name).path)
    }

    @Test func filesThatEverybodyCanRead() throws {
        let names = ["beat", "hook", "key", "mail", "signer", "token"]
        for name in names { try allow(0o644, try URL(filePath: folder.write("x", to: name)).lastPathComponent) }
        let configuration = try configuration(
            """
            status: {token_file: token}
            gossip: {key_file: signer}
            alerts:
              sinks:
                - {name: a, webhook: {url_file: hook, secret_file: key}}
                - {name: b, email: {smtp: "smtp://a", from: a@b.c, to: [a@b.c], user: u, password_file: mail}}
              heartbeat: {url_file: beat}
            """)
        #expect(open(configuration) == names)
        for name in names { try allow(0o640, name) }
        #expect(open(configuration).isEmpty)
    }

    @Test(arguments: [
        "vantages: [{name: a, proxy: \"http://u:p@b\"}]", "vantages: [{name: a, headers: {Authorization: x}}]",
    ])
    func theConfigurationItself(vantages: String) throws {
        let secret = try configuration(vantages)
        try allow(0o644, "watch.yaml")
        #expect(open(secret) == ["watch.yaml"])
        try allow(0o600, "watch.yaml")
        #expect(open(secret).isEmpty)
        let plain = try configuration("vantages: [{name: a}]")
        try allow(0o644, "watch.yaml")
        #expect(open(plain).isEmpty)
    }
}
