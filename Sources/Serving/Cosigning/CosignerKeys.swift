public import Foundation
import LogFiles
import TransparencyLog

/// The three cosigners: their keys from the environment, or made once and kept in a folder; or other parties who keep
/// theirs to themselves.
public struct CosignerKeys: Sendable {
    enum Member: Sendable {
        case local(Ed25519.PrivateKey)
        case remote(RemoteCosigner)
    }

    let members: [Member]
    /// Keys whose window opens later, or did, by the number of their cosigner.
    var successors: [Int: Ed25519.PrivateKey] = [:]
    /// Whether they were made here, and lie together: one party's word, whatever the quorum.
    public private(set) var areDevelopment = false
    /// Whose windows decide which key signs a size; without it the members sign all.
    var trust: TrustFile?
    /// What a cosigner elsewhere has left once each head has its quorum: one that is silent must not hold up registrations.
    var grace: Duration = .seconds(2)

    /// These keys, each in its window of a trust file.
    func under(_ trust: TrustFile) -> CosignerKeys {
        var keys = self
        keys.trust = trust
        return keys
    }

    var publicKeys: [[UInt8]] {
        members.map { member in
            switch member {
            case .local(let key): key.publicKey
            case .remote(let cosigner): cosigner.publicKey
            }
        }
    }

    public struct Invalid: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// - Parameters:
    ///   - environment: COSIGNER_0_SK to COSIGNER_2_SK, base64 of a 32-byte seed or a 64-byte key.
    ///   - folder: where development keys are made and kept with mode 0600, if the environment has none.
    ///   - makesKeys: whether they are made, where there are none.
    public static func load(environment: [String: String], folder: URL, makesKeys: Bool = true) throws -> CosignerKeys {
        func value(_ index: Int, _ suffix: String) -> String { environment["COSIGNER_\(index)_\(suffix)"] ?? "" }
        if (0..<3).allSatisfy({ value($0, "SK").isEmpty && value($0, "URL").isEmpty }) {
            var keys = try development(folder, makesKeys: makesKeys)
            keys.areDevelopment = true
            return keys
        }
        let members = try (0..<3).map { index -> Member in
            if !value(index, "URL").isEmpty {
                return .remote(
                    try RemoteCosigner(
                        name: "COSIGNER_\(index)", url: value(index, "URL"), publicKey: value(index, "PK"),
                        token: value(index, "TOKEN")))
            }
            guard let key = key(Base64.decode(JSONText(value(index, "SK"))) ?? []) else {
                throw Invalid(
                    description: "COSIGNER_\(index)_SK: must be the base64 of a 32-byte seed or a 64-byte key; set all "
                        + "three or none")
            }
            return .local(key)
        }
        var keys = CosignerKeys(members: members)
        for index in 0..<3 where !value(index, "NEXT_SK").isEmpty {
            guard let key = key(Base64.decode(JSONText(value(index, "NEXT_SK"))) ?? []) else {
                throw Invalid(
                    description: "COSIGNER_\(index)_NEXT_SK: must be the base64 of a 32-byte seed or a 64-byte key")
            }
            keys.successors[index] = key
        }
        guard Set(keys.publicKeys).count == 3 else {
            throw Invalid(description: "COSIGNER_0_SK to COSIGNER_2_SK: must be three different keys")
        }
        return keys
    }

    /// A 64-byte key is a seed and its public key, which must belong together.
    static func key(_ bytes: [UInt8]) -> Ed25519.PrivateKey? {
        guard bytes.count == 32 || bytes.count == 64 else { return nil }
        guard let key = Ed25519.PrivateKey(seed: Array(bytes.prefix(32))) else { return nil }
        return bytes.count == 32 || key.publicKey == Array(bytes.suffix(32)) ? key : nil
    }

    /// Keys are made only where there is none of the three: a lost or unreadable one is for the operator to mend, since a
    /// new one would make another log of this one.
    private static func development(_ folder: URL, makesKeys: Bool) throws -> CosignerKeys {
        let files = (0..<3).map { folder.appending(path: "cosigner_\($0).sk").path }
        let present = files.filter { FileManager.default.fileExists(atPath: $0) }
        if present.isEmpty {
            guard makesKeys else {
                throw Invalid(
                    description:
                        "\(folder.path): holds no keys, and COSIGNER_0_SK to COSIGNER_2_SK are not set: is --data right?"
                )
            }
            return try makeDevelopment(folder, files)
        }
        func read(_ file: String) throws -> Ed25519.PrivateKey {
            guard let text = FileManager.default.contents(atPath: file) else {
                throw Invalid(description: "\(file): cannot be read; restore it, or remove the folder to make new ones")
            }
            guard let key = Base64.decode(Array(text)).flatMap(key) else {
                throw Invalid(description: "\(file): is no key; restore it, or remove the folder to make new ones")
            }
            return key
        }
        var keys = CosignerKeys(members: try files.map { .local(try read($0)) })
        for index in 0..<3 {
            let file = successorFile(folder, index)
            if FileManager.default.fileExists(atPath: file) { keys.successors[index] = try read(file) }
        }
        return keys
    }

    /// Where a development key waits for its window.
    static func successorFile(_ folder: URL, _ index: Int) -> String {
        folder.appending(path: "cosigner_\(index).next.sk").path
    }

    private static func makeDevelopment(_ folder: URL, _ files: [String]) throws -> CosignerKeys {
        // All three or none: after a crash, a key that was never made could not be told from one that was lost.
        let making = folder.path + ".tmp-\(UInt32.random(in: .min ... .max))"
        try DurableFolder.make(folder.deletingLastPathComponent().path)
        try DurableFolder.make(making, mode: 0o700)
        let keys = try files.map { file in
            guard let key = Ed25519.PrivateKey.random() else { throw Invalid(description: "no key could be made") }
            let name = URL(filePath: file).lastPathComponent
            try AtomicFile.write(Array(Base64.encode(key.seed).utf8), to: "\(making)/\(name)", mode: 0o600)
            return key
        }
        // On the disk before the first head that they sign.
        try AtomicFile.replace(folder.path, with: making)
        return CosignerKeys(members: keys.map(Member.local))
    }

    /// Whether one of these keys signed a head.
    func signed(_ head: SignedTreeHead, _ dialect: CanonicalJSON) throws -> Bool {
        let hash = try head.hash(dialect).bytes
        return head.signatures.contains { entry in
            (publicKeys + successors.values.map(\.publicKey)).contains {
                Ed25519.verifies(signature: entry.bytes ?? [], message: hash, publicKey: $0)
            }
        }
    }
}
