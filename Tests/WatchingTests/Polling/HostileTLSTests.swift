import Foundation
import HostileLog
import Testing

@testable import Watching

/// Certificates and handshakes that are not to be trusted, against `openssl s_server`: the poll fails in its time and says
/// why, and nothing is found.
@Suite(
    .serialized,
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "openssl is not installed"))
struct HostileTLSTests {
    /// What the server shows, and what of it the watcher trusts.
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        /// Of the certificate.
        var name = "IP:127.0.0.1"
        /// The days on which it is valid, as openssl writes them; nil: today.
        var days: (from: String, until: String)?
        /// The file of who is trusted; nil: those that the system trusts.
        var trusted: String? = "authority.pem"
        /// More arguments of the server.
        var server: [String] = []
        var says: String
    }

    static let cases = [
        Case(description: "expired", days: ("20200101000000Z", "20200201000000Z"), says: "certificate has expired"),
        Case(description: "not valid yet", days: ("20900101000000Z", "20900201000000Z"), says: "not yet valid"),
        Case(description: "of another host", name: "DNS:other.example", says: "subject name"),
        Case(description: "of an authority that nobody trusts", trusted: nil, says: "certificate"),
        Case(description: "of another authority of the same name", trusted: "other.pem", says: "certificate"),
        Case(description: "TLS 1.0 alone", server: ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], says: "SSL routines"),
    ]

    /// Makes two authorities of one name, and a certificate of the first one.
    private static func certify(_ folder: ScratchFolder, _ test: Case) async throws {
        for name in ["authority", "other"] {
            _ = try await PinnedKeyTests.openssl(
                folder,
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=authority",
                ])
        }
        _ = try folder.write(
            """
            [ca]
            default_ca = test
            [test]
            database = index.txt
            new_certs_dir = .
            rand_serial = yes
            default_md = sha256
            policy = any
            x509_extensions = leaf
            [any]
            commonName = supplied
            [leaf]
            subjectAltName = \(test.name)
            """, to: "ca.cnf")
        _ = try folder.write("", to: "index.txt")
        _ = try await PinnedKeyTests.openssl(
            folder,
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem",
                "-out", "leaf.csr", "-subj", "/CN=leaf",
            ])
        let days = test.days.map { ["-startdate", $0.from, "-enddate", $0.until] } ?? ["-days", "2"]
        _ = try await PinnedKeyTests.openssl(
            folder,
            [
                "ca", "-batch", "-config", "ca.cnf", "-cert", "authority.pem", "-keyfile", "authority.key", "-in",
                "leaf.csr", "-out", "cert.pem", "-notext",
            ] + days)
    }

    private static func poll(_ url: String, trusting authority: String?, timeout: Int) async throws -> LogReport {
        let harness = try WatchHarness(url: url, timeout: timeout)
        var configuration = try harness.configuration([("log", TestLog.honest(1).trust(), "")])
        configuration.vantages = [.direct]
        configuration.vantages[0].caFile = authority
        return try #require(try await harness.poll(configuration).first)
    }

    @Test(.timeLimit(.minutes(5)), arguments: cases) func aCertificate(test: Case) async throws {
        let folder = try ScratchFolder()
        try await Self.certify(folder, test)
        let (server, port) = try await PinnedKeyTests.serve(folder, test.server)
        defer { server.signal(SIGTERM) }
        let authority = test.trusted.map { folder.url.appending(path: $0).path }
        let report = try await Self.poll("https://127.0.0.1:\(port)", trusting: authority, timeout: 30)
        let failure = try #require(report.failure)
        #expect(failure.hasPrefix("tls: sth/chain: ") && failure.contains(test.says), "\(failure)")
        #expect(report.findings.isEmpty && report.exitCode == 3)
    }

    /// Else the cases above would fail for whatever reason.
    @Test(.timeLimit(.minutes(5))) func aCertificateThatIsInOrder() async throws {
        let folder = try ScratchFolder()
        try await Self.certify(folder, Case(description: "in order", says: ""))
        let (server, port) = try await PinnedKeyTests.serve(folder)
        defer { server.signal(SIGTERM) }
        let authority = folder.url.appending(path: "authority.pem").path
        let report = try await Self.poll("https://127.0.0.1:\(port)", trusting: authority, timeout: 30)
        // This server has no such file, and says so in an answer.
        #expect(report.failure?.hasPrefix("malformed: sth/chain: the answer is no JSON array") == true, "\(report)")
    }

    @Test(.timeLimit(.minutes(2))) func aHandshakeThatStalls() async throws {
        try await RawServer.run { _ in
        } _: { url in
            let https = url.replacing("http://", with: "https://")
            let begun = ContinuousClock.now
            let report = try await Self.poll(https, trusting: nil, timeout: 1)
            #expect(report.failure?.hasPrefix("timeout: sth/chain: ") == true && report.findings.isEmpty)
            #expect(ContinuousClock.now - begun < .seconds(60), "its time is over after one second")
        }
    }

    @Test(.timeLimit(.minutes(2))) func aServerThatSpeaksPlainly() async throws {
        try await ScriptedServer.run { _, url in
            let https = url.replacing("http://", with: "https://")
            let report = try await Self.poll(https, trusting: nil, timeout: 30)
            // Who hangs up instead of answering is no better.
            let failure = try #require(report.failure)
            #expect(failure.hasPrefix("tls: ") || failure.hasPrefix("connect: "), "\(failure)")
            #expect(report.findings.isEmpty)
        }
    }
}
