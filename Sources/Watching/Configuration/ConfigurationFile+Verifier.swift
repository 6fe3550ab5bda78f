import TransparencyLog

extension ConfigurationFile {
    /// What verifies signatures.
    static func engine(_ name: String) throws -> Ed25519Engine {
        guard let engine = Ed25519Engine(rawValue: name) else {
            let known = Ed25519Engine.allCases.map(\.rawValue).joined(separator: ", ")
            throw Invalid(description: "verifier: must be one of \(known), not \"\(name)\"")
        }
        guard engine.isAvailable else {
            throw Invalid(description: "verifier: \(name) cannot run on this machine; leave it out, or write sodium")
        }
        return engine
    }
}
