public import ArgumentParser
public import TransparencyLog

/// How signatures are verified, for all commands that verify many.
struct VerifierOption: ParsableArguments {
    @Option(
        name: .customLong("verifier"),
        help: """
            What verifies signatures: libsodium alone, tables in portable arithmetic, the same with AVX-512 IFMA, or the \
            fastest that this machine can run. The verdicts are libsodium's in each case.
            """)
    var engine = Ed25519Engine.auto

    func validate() throws {
        guard engine.isAvailable else {
            throw ValidationError(
                "--verifier \(engine.rawValue) cannot run on this machine; leave it out, or give sodium")
        }
    }
}

extension Ed25519Engine: ExpressibleByArgument {}
