import ArgumentParser
import Foundation
import ProgramSupport
import Serving
import TransparencyLog

struct RotateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a cosigner its next key, from a size on that no head has yet.",
        discussion: """
            Writes the window of the next key into trust.json, for watchers to pin before it opens. Environment: \
            COSIGNER_i_NEXT_SK, the next key of a cosigner whose key comes from the environment; development keys get a \
            new one in data/keys. Stop the server first.
            """)

    @Option(help: "The folder of users.jsonl and sth.jsonl.")
    var data = "data"

    @Option(help: "The cosigner's number, 0 to 2.")
    var cosigner: Int

    @Option(help: "The first size that the next key signs. Default: the one after the newest head's.")
    var fromSize: UInt64?

    func validate() throws {
        guard (0...2).contains(cosigner) else { throw ValidationError("--cosigner: must be from 0 to 2") }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: data)
        do {
            let environment = try ServerEnvironment.read()
            let next = environment["COSIGNER_\(cosigner)_NEXT_SK"].flatMap { $0.isEmpty ? nil : $0 }
            let keys = try CosignerKeys.load(
                environment: environment, folder: folder.appending(path: "keys"), makesKeys: false)
            let result = try await KeyRotation.run(
                folder, keys: keys, cosigner: cosigner, seed: next.map { Base64.decode(JSONText($0)) ?? [] },
                from: fromSize)
            print(
                "cosigner_\(cosigner) signs with \(Base64.encode(result.publicKey)) from size \(result.fromTreeSize) on;",
                "give trust.json to those who watch the log")
        } catch {
            let isOfTheCaller =
                error is Credentials.Unreadable || error is ConfigurationError || error is CosignerKeys.Invalid
            throw Program.failure("nexo-server", error, isOfTheCaller ? 2 : 3)
        }
    }
}
