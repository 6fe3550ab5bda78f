public import Foundation
import LogFiles
public import TransparencyLog

/// Gives a cosigner its next key, from a size on that no head has yet.
public enum KeyRotation {
    public struct Result: Hashable, Sendable {
        public let publicKey: [UInt8]
        public let fromTreeSize: UInt64
        public let trust: TrustFile
    }

    /// Closes the window of the cosigner's key in trust.json, and opens the next one's behind it.
    ///
    /// - Parameters:
    ///   - seed: the next key's; without it one is made, and kept beside the development keys.
    ///   - from: the first size that the next key signs; the size after the newest head's, if not given.
    public static func run(
        _ folder: URL, keys: CosignerKeys, cosigner: Int, seed: [UInt8]?, from: UInt64?
    ) async throws -> Result {
        // Opened: no server runs on it, and the chain holds.
        let opened = try await LogFolder.openExisting(folder, keys: keys)
        let next = (opened.newest?.treeSize ?? 0) + 1
        let first = from ?? next
        guard first >= next else {
            throw ConfigurationError("--from-size: must be at least \(next), behind the newest head")
        }
        let id = "cosigner_\(cosigner)"
        guard let current = opened.trust.cosigners.last(where: { $0.id == id && $0.untilTreeSize == nil }) else {
            throw ConfigurationError("--cosigner: \(id) has no open window in trust.json")
        }
        guard first > current.fromTreeSize, first > 1 else {
            throw ConfigurationError("--from-size: must be behind the first size of the window before it")
        }
        let key = try seed.map(readKey) ?? makeKey(folder.appending(path: "keys"), cosigner)
        guard !opened.trust.cosigners.contains(where: { $0.publicKey == key.publicKey }) else {
            throw ConfigurationError("the next key is in trust.json already")
        }
        let cosigners = opened.trust.cosigners.map { entry in
            entry == current
                ? .init(
                    id: id, publicKey: entry.publicKey, fromTreeSize: entry.fromTreeSize, untilTreeSize: first - 1)
                : entry
        }
        let trust = try TrustFile(
            name: opened.trust.name, canonical: opened.trust.canonical, policy: opened.trust.policy,
            cosigners: cosigners + [.init(id: id, publicKey: key.publicKey, fromTreeSize: first)])
        // The key is on the disk before the file that promises it.
        try AtomicFile.write(
            trust.json.bytes() + [0x0A], to: folder.appending(path: ServerTrust.fileName).path, mode: 0o644)
        return Result(publicKey: key.publicKey, fromTreeSize: first, trust: trust)
    }

    private static func readKey(_ seed: [UInt8]) throws -> Ed25519.PrivateKey {
        guard let key = CosignerKeys.key(seed) else {
            throw ConfigurationError("the next key: must be the base64 of a 32-byte seed or a 64-byte key")
        }
        return key
    }

    private static func makeKey(_ folder: URL, _ cosigner: Int) throws -> Ed25519.PrivateKey {
        let file = CosignerKeys.successorFile(folder, cosigner)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw ConfigurationError(
                "COSIGNER_\(cosigner)_NEXT_SK: is needed, since the other keys come from the environment too")
        }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw ConfigurationError(
                "\(file): is there already; once its window is open, move it to cosigner_\(cosigner).sk")
        }
        guard let key = Ed25519.PrivateKey.random() else { throw ConfigurationError("no key could be made") }
        try AtomicFile.write(Array(Base64.encode(key.seed).utf8), to: file, mode: 0o600)
        return key
    }
}
