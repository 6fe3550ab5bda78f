public import Foundation
import LogFiles
import TransparencyLog

/// The three cosigners' keys: from the environment, or made once and kept in a folder.
public struct CosignerKeys: Sendable {
    let keys: [Ed25519.PrivateKey]

    public struct Invalid: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// - Parameters:
    ///   - environment: COSIGNER_0_SK to COSIGNER_2_SK, base64 of a 32-byte seed or a 64-byte key.
    ///   - folder: where development keys are made and kept with mode 0600, if the environment has none.
    public static func load(environment: [String: String], folder: URL) throws -> CosignerKeys {
        let names = (0..<3).map { "COSIGNER_\($0)_SK" }
        let given = names.map { environment[$0] ?? "" }
        if given.allSatisfy(\.isEmpty) { return try development(folder) }
        let keys = try zip(names, given).map { name, text in
            guard let key = key(Base64.decode(JSONText(text)) ?? []) else {
                throw Invalid(
                    description: "\(name): must be the base64 of a 32-byte seed or a 64-byte key; set all three or none"
                )
            }
            return key
        }
        guard Set(keys.map(\.publicKey)).count == 3 else {
            throw Invalid(description: "COSIGNER_0_SK to COSIGNER_2_SK: must be three different keys")
        }
        return CosignerKeys(keys: keys)
    }

    /// A 64-byte key is a seed and its public key, which must belong together.
    private static func key(_ bytes: [UInt8]) -> Ed25519.PrivateKey? {
        guard bytes.count == 32 || bytes.count == 64 else { return nil }
        guard let key = Ed25519.PrivateKey(seed: Array(bytes.prefix(32))) else { return nil }
        return bytes.count == 32 || key.publicKey == Array(bytes.suffix(32)) ? key : nil
    }

    /// Keys are made only where there is none of the three: a lost or unreadable one is for the operator to mend, since a
    /// new one would make another log of this one.
    private static func development(_ folder: URL) throws -> CosignerKeys {
        let files = (0..<3).map { folder.appending(path: "cosigner_\($0).sk").path }
        let present = files.filter { FileManager.default.fileExists(atPath: $0) }
        if present.isEmpty { return try makeDevelopment(folder, files) }
        let keys = try files.map { file in
            guard let text = FileManager.default.contents(atPath: file) else {
                throw Invalid(description: "\(file): cannot be read; restore it, or remove all three to make new ones")
            }
            guard let key = Base64.decode(Array(text)).flatMap(key) else {
                throw Invalid(description: "\(file): is no key; restore it, or remove all three to make new ones")
            }
            return key
        }
        return CosignerKeys(keys: keys)
    }

    private static func makeDevelopment(_ folder: URL, _ files: [String]) throws -> CosignerKeys {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let keys = try files.map { file in
            guard let key = Ed25519.PrivateKey.random() else { throw Invalid(description: "no key could be made") }
            // On the disk before the first head that it signs.
            try AtomicFile.write(Array(Base64.encode(key.seed).utf8), to: file, mode: 0o600)
            return key
        }
        return CosignerKeys(keys: keys)
    }

    /// Whether one of these keys signed a head.
    func signed(_ head: SignedTreeHead, _ dialect: CanonicalJSON) throws -> Bool {
        let hash = try head.hash(dialect).bytes
        return head.signatures.contains { entry in
            keys.contains { Ed25519.verifies(signature: entry.bytes ?? [], message: hash, publicKey: $0.publicKey) }
        }
    }
}

extension CosignerKeys: Cosigning {
    public func cosign(_ heads: [HeadToSign]) async -> [[Cosignature]] {
        heads.map { head in
            keys.enumerated().map { index, key in
                Cosignature(cosigner: "cosigner_\(index)", signature: key.signature(for: head.hash.bytes))
            }
        }
    }
}
