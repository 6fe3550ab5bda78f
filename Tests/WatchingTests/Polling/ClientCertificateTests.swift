import Foundation
import HostileLog
import Testing

@testable import Watching

/// A log that shows itself to known clients alone: mutual TLS against `openssl s_server`.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "openssl is not installed"))
struct ClientCertificateTests {
    /// In TLS 1.3 a client is refused after its part of the handshake, in TLS 1.2 within it.
    @Test(.timeLimit(.minutes(5)), arguments: ["-tls1_2", "-tls1_3"])
    func theLogKnowsItsClients(version: String) async throws {
        let folder = try ScratchFolder()
        _ = try folder.write("hello", to: "file")
        for (name, key, certificate) in [
            ("127.0.0.1", "key.pem", "cert.pem"), ("watcher", "watcher-key.pem", "watcher.pem"),
            ("stranger", "stranger-key.pem", "stranger.pem"),
        ] { try await PinnedKeyTests.certify(folder, name, key: key, certificate: certificate) }
        let (server, port) = try await PinnedKeyTests.serve(
            folder, [version, "-Verify", "1", "-verify_return_error", "-CAfile", "watcher.pem"])
        defer { server.signal(SIGTERM) }
        func path(_ name: String) -> String { folder.url.appending(path: name).path }
        /// What an answer, or the failure, is with a client's certificate.
        func ask(_ name: String?) async throws -> Result<String, FetchError> {
            var vantage = WatchConfiguration.Vantage(name: "tls")
            vantage.caFile = path("cert.pem")
            vantage.clientCertificate = name.map { path("\($0).pem") }
            vantage.clientKey = name.map { path("\($0)-key.pem") }
            let source = try CurlLogSource(vantage: vantage, limits: .init())
            defer { source.stop() }
            do {
                let response = try await source.get(CurlLogSourceTests.request("https://127.0.0.1:\(port)/file"))
                return .success(String(decoding: response.body, as: UTF8.self))
            } catch { return .failure(error) }
        }
        #expect(try await ask("watcher").get().hasPrefix("hello"))
        for name in [nil, "stranger"] {
            let answer = try await ask(name)
            let failure = #expect(throws: FetchError.self) { try answer.get() }
            // The server's word is what helps the operator. In TLS 1.3 the request is on its way by then, and the
            // connection may break before the word is read.
            let isTold = failure?.reason == .tls && failure?.detail.contains("alert") == true
            #expect(isTold || (version == "-tls1_3" && failure?.reason == .connect), "\(answer)")
        }
        // A file that is no certificate is ours, and not the server's.
        _ = try folder.write("no certificate", to: "broken.pem")
        _ = try folder.write("no key", to: "broken-key.pem")
        let broken = try await ask("broken")
        #expect(throws: FetchError.self) { try broken.get() }
        #expect(try await ask("watcher").get().hasPrefix("hello"))
    }
}
