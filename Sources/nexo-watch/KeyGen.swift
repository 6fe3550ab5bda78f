import ArgumentParser
import Foundation
import LogFiles
import ProgramSupport
import TransparencyLog

struct KeyGen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key that vouches for heads, and print its public half.",
        discussion: "Give the printed key to whoever runs `nexo-audit quorum`, and name the file by gossip.key_file.")

    @Option(help: "The watcher's name, a URL without scheme such as watch.example/w1.")
    var name: String

    @Option(help: "The file of the private key; it must not be there yet.")
    var output: String

    func validate() throws {
        // It stands in each cosignature for good.
        guard !name.contains("://") else {
            throw ValidationError("--name: a URL without its scheme, such as watch.example/w1")
        }
    }

    func run() throws {
        guard let key = Ed25519.PrivateKey.random(), let signing = CosignerSigningKey(name: name, key: key) else {
            Program.say("nexo-watch: --name: must not be empty, nor have spaces or +")
            throw ExitCode(2)
        }
        guard !FileManager.default.fileExists(atPath: output) else {
            Program.say("nexo-watch: \(output): is there already; a key that is overwritten cannot be had back")
            throw ExitCode(2)
        }
        do { try AtomicFile.write(Array((signing.secretText + "\n").utf8), to: output, mode: 0o600) } catch {
            throw Program.failure("nexo-watch", error, 3)
        }
        print(signing.publicKey)
    }
}
