import Foundation
import FoundationNetworking
import HostileLog
import Testing
import TransparencyLog

/// Secrets from systemd's credentials: files named as the settings, in $CREDENTIALS_DIRECTORY.
struct CredentialTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func seed(_ number: UInt8) -> [UInt8] { Array(repeating: number, count: 32) }

    private func publicKey(_ number: UInt8) throws -> String {
        Base64.encode(try #require(Ed25519.PrivateKey(seed: seed(number))).publicKey)
    }

    private func writeKeys(_ numbers: [UInt8]) throws {
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "credentials"), withIntermediateDirectories: true)
        for (index, number) in numbers.enumerated() {
            _ = try folder.write(Base64.encode(seed(number)) + "\n", to: "credentials/COSIGNER_\(index)_SK")
        }
    }

    private var environment: [String: String] {
        ["CREDENTIALS_DIRECTORY": folder.url.appending(path: "credentials").path]
    }

    private let run = ["run", "--data", "data", "--host", "127.0.0.1", "--port", "0"]

    /// The environment counts where both say something.
    @Test(arguments: [false, true]) func theServerSignsWithThem(environmentToo: Bool) async throws {
        try writeKeys([1, 2, 3])
        var environment = environment
        if environmentToo { environment["COSIGNER_1_SK"] = Base64.encode(seed(9)) }
        let server = try Program("nexo-server", run, folder: folder.url, environment: environment)
        _ = try await server.port()
        let trust = try TrustFile(json: Array(Data(contentsOf: folder.url.appending(path: "data/trust.json"))))
        let expected = try [publicKey(1), publicKey(environmentToo ? 9 : 2), publicKey(3)]
        #expect(trust.cosigners.map { Base64.encode($0.publicKey) } == expected)
        #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "data/keys").path))
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
    }

    /// A folder in a file's place, and more than a secret can be: refused by name, and nothing of it is repeated.
    @Test(arguments: ["cannot be read; check the unit's LoadCredential=", "must be text of at most 16384 bytes"])
    func whatCannotBeRead(message: String) async throws {
        try writeKeys([1, 2])
        let name = "credentials/COSIGNER_2_SK"
        if message.hasPrefix("cannot") {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name), withIntermediateDirectories: false)
        } else {
            _ = try folder.write(String(repeating: "SECRET", count: 3_000), to: name)
        }
        for command in [run, ["compact"], ["rotate-key", "--cosigner", "2"], ["cosign", "--port", "0"]] {
            let result = try await Program.run("nexo-server", command, folder: folder.url, environment: environment)
            #expect(result.code == 2, "\(command[0])")
            #expect(result.errors.contains("COSIGNER_2_SK: \(message)"), "\(result.errors)")
            #expect(!result.errors.contains("SECRET"))
        }
    }

    @Test func theCosignerTellsSystemd() async throws {
        try writeKeys([])
        _ = try folder.write(Base64.encode(seed(4)), to: "credentials/COSIGNER_SK")
        _ = try folder.write("a token of many bytes\n", to: "credentials/COSIGN_TOKEN")
        let socket = try NotifySocket(folder.url.appending(path: "notify").path)
        let cosigner = try Program(
            "nexo-server", ["cosign", "--port", "0"], folder: folder.url,
            environment: environment.merging(["NOTIFY_SOCKET": socket.name]) { $1 })
        #expect(await eventually { socket.read() == ["READY=1"] })
        #expect(cosigner.errorText.contains(try publicKey(4)))
        let port = try await cosigner.port()
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/cosign")))
        request.httpMethod = "POST"
        request.httpBody = Data(#"{"heads":[]}"#.utf8)
        for (token, status) in [("a token of many bytes", 400), ("another token of many bytes", 401)] {
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            let (_, response) = try await URLSession.shared.data(for: request)
            #expect((response as? HTTPURLResponse)?.statusCode == status)
        }
        cosigner.signal(SIGTERM)
        #expect(try await cosigner.wait().code == 0)
        #expect(socket.read() == ["READY=1", "STOPPING=1"])
    }
}
