import Foundation
import TransparencyLog

/// The example of docs/MOBILE.md as a program: `nexo-client URL TRUST STATE register ID KEY`, or `… find ID`.
///
/// STATE is the file of the newest head that was believed.
@main
struct NexoClient {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try await run(arguments)
        } catch {
            FileHandle.standardError.write(Data("nexo-client: \(error)\n".utf8))
            exit(error is LogClient.Distrust ? 1 : error is Usage ? 2 : 3)
        }
    }

    struct Usage: Error, CustomStringConvertible {
        let description = "URL TRUST STATE register ID KEY, or URL TRUST STATE find ID"
    }

    private static func run(_ arguments: [String]) async throws {
        guard arguments.count >= 5, let url = URL(string: arguments[0]) else { throw Usage() }
        let trust = try TrustFile(json: Array(Data(contentsOf: URL(fileURLWithPath: arguments[1]))))
        let state = URL(fileURLWithPath: arguments[2])
        let newest =
            FileManager.default.fileExists(atPath: state.path)
            ? try SignedTreeHead(JSONReader.parse(Array(Data(contentsOf: state)))) : nil
        let client = LogClient(url, trust: trust, newest: newest)
        let found: Result<Registration?, any Error>
        do { found = .success(try await ask(client, arguments)) } catch { found = .failure(error) }
        // Before anything is shown, and whatever it is: what was believed once must not be forgotten.
        if let head = await client.newest { try Data(head.value.bytes()).write(to: state, options: .atomic) }
        print(
            try found.get().map { "\($0.id) has the key \(Base64.encode($0.publicKey))" }
                ?? "the log says that \(arguments[4]) is not registered, which nothing proves")
    }

    private static func ask(_ client: LogClient, _ arguments: [String]) async throws -> Registration? {
        switch (arguments[3], arguments.count) {
        case ("register", 6):
            guard let key = Digest(base64: JSONText(arguments[5])) else { throw Usage() }
            return try await client.register(id: arguments[4], publicKey: key, at: Date())
        case ("find", 5): return try await client.find(id: arguments[4])
        default: throw Usage()
        }
    }
}
