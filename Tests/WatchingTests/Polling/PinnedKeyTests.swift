import Foundation
import HostileLog
import Testing

@testable import Watching

/// TLS against `openssl s_server`, with a certificate that was made for the test.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "openssl is not installed"))
struct PinnedKeyTests {
    /// Runs openssl in a folder.
    static func openssl(_ folder: ScratchFolder, _ arguments: [String]) async throws -> String {
        let result = try await Program.tool(["openssl"] + arguments, folder: folder.url)
        #expect(result.code == 0, "\(result.errors)")
        return result.output
    }

    /// The pin of a certificate, as `curl --pinnedpubkey` takes it.
    private static func pin(_ folder: ScratchFolder) async throws -> String {
        let der = folder.url.appending(path: "key.der").path
        _ = try await openssl(folder, ["pkey", "-in", "key.pem", "-pubout", "-outform", "der", "-out", der])
        let digest = try await openssl(folder, ["dgst", "-sha256", "-hex", der])
        let hex = Array((digest.split(separator: " ").last ?? "").utf8.prefix(64))
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(String(decoding: hex[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
        #expect(bytes.count == 32)
        return "sha256//" + Data(bytes).base64EncodedString()
    }

    /// Makes a key and a certificate that it signs itself.
    static func certify(_ folder: ScratchFolder, _ name: String, key: String, certificate: String) async throws {
        _ = try await openssl(
            folder,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", key, "-out", certificate, "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
    }

    /// Starts a server on a free port, which openssl names on its standard output.
    static func serve(
        _ folder: ScratchFolder, _ more: [String] = []
    ) async throws -> (Program, port: Int) {
        let server = try Program.start(
            tool: [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-WWW",
                "-naccept", "16",
            ] + more, folder: folder.url)
        @Sendable func port() -> Int? {
            let text = server.outputText
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT") && text.contains("\n") })
            else { return nil }
            return line.split(separator: ":").last.flatMap { Int($0) }
        }
        #expect(await eventually { port() != nil })
        return (server, port() ?? 0)
    }

    @Test(.timeLimit(.minutes(5))) func aServersKeyIsPinned() async throws {
        let folder = try ScratchFolder()
        _ = try folder.write("hello", to: "file")
        try await Self.certify(folder, "127.0.0.1", key: "key.pem", certificate: "cert.pem")
        let pin = try await Self.pin(folder)
        let (server, port) = try await Self.serve(folder)
        defer { server.signal(SIGTERM) }
        let proxy = try LoopbackProxy(from: "127.0.0.4")
        defer { proxy.stop() }
        let authority = folder.url.appending(path: "cert.pem").path
        /// What an answer, or the reason of a failure, is at a vantage.
        func ask(_ change: (inout WatchConfiguration.Vantage) -> Void) async throws -> String {
            var vantage = WatchConfiguration.Vantage(name: "tls")
            change(&vantage)
            let source = try CurlLogSource(vantage: vantage, limits: .init())
            defer { source.stop() }
            do {
                let response = try await source.get(
                    CurlLogSourceTests.request("https://127.0.0.1:\(port)/file"))
                return String(decoding: response.body, as: UTF8.self)
            } catch { return error.reason.rawValue }
        }
        #expect(try await ask { _ in } == "tls", "nobody vouches for it")
        #expect(try await ask { $0.caFile = authority }.hasPrefix("hello"))
        #expect(
            try await ask {
                $0.caFile = authority
                $0.pinnedKey = pin
            }.hasPrefix("hello"))
        #expect(
            try await ask {
                $0.caFile = authority
                $0.pinnedKey = "sha256//" + Data(repeating: 7, count: 32).base64EncodedString()
            } == "tls")
        // Through CONNECT, the pin holds from end to end.
        #expect(
            try await ask {
                $0.caFile = authority
                $0.pinnedKey = pin
                $0.proxy = "http://127.0.0.1:\(proxy.port)"
            }.hasPrefix("hello"))
        #expect(proxy.asked == ["127.0.0.1:\(port)"])
    }
}
