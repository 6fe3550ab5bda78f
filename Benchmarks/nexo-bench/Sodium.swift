import ArgumentParser
import TransparencyLog

/// What libsodium alone needs on one core to verify so many signatures: the measure of a catch-up.
struct Sodium: ParsableCommand {
    @Option(help: "How many signatures.")
    var signatures = 20_000

    func run() throws {
        guard let key = Ed25519.PrivateKey(seed: [UInt8](repeating: 1, count: 32)) else { throw ExitCode.failure }
        let message = Digest.sha256([1]).bytes
        let signature = key.signature(for: message)
        let clock = ContinuousClock()
        var valid = 0
        let time = clock.measure {
            for _ in 0..<signatures
            where Ed25519.verifies(signature: signature, message: message, publicKey: key.publicKey) { valid += 1 }
        }
        guard valid == signatures else { throw ExitCode.failure }
        print("\(Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds))")
    }
}
