import Foundation
import LogFiles
import TransparencyLog

/// The folder's own trust file: whose heads these are, in which dialect, from which size on.
struct ServerTrust {
    static let fileName = "trust.json"

    let file: TrustFile
    /// The newest head is by none of our keys: watchers need the new ones in their trust files to believe what follows.
    let signedByOthers: Bool
    /// The first size whose signatures are ours to answer for.
    var firstSize: UInt64 { file.cosigners.map(\.fromTreeSize).min() ?? 0 }
    var digest: Digest { .sha256(file.json.bytes()) }

    /// Reads the trust file of a folder whose heads are only checked: nobody's keys are asked for.
    init(of folder: URL) throws(LogFileError) {
        let path = folder.appending(path: Self.fileName).path
        guard let file = try Self.read(path) else {
            throw LogFileError(
                path: path, reason: "is not there: it says whose heads these are; nexo-server run makes it")
        }
        self.file = file
        signedByOthers = false
    }

    private static func read(_ path: String) throws(LogFileError) -> TrustFile? {
        // One that may not be read is not one that is not there: a new one would forget all windows of keys.
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LogFileError(path: path, reason: "cannot be read; check who may read it, and the disk")
        }
        do { return try TrustFile(json: Array(data)) } catch {
            throw LogFileError(path: path, reason: "\(error); restore it, or remove it to have it made again")
        }
    }

    /// Reads the trust file, or makes it for a folder that has none.
    ///
    /// - Parameter sample: some heads in their order, the newest last, from which the dialect is seen.
    init(folder: URL, keys: CosignerKeys, sample: [SignedTreeHead]) throws {
        let path = folder.appending(path: Self.fileName).path
        let newest = sample.last
        if let file = try Self.read(path) {
            self.file = file
            signedByOthers = try newest.map { try !keys.signed($0, file.canonical) } ?? false
            let due = file.keys(at: (newest?.treeSize ?? 0) + 1)
            let areOurs = keys.publicKeys.enumerated().allSatisfy { index, key in
                let own = [key, keys.successors[index]?.publicKey]
                return due.contains { $0.id == "cosigner_\(index)" && own.contains($0.publicKey) }
            }
            guard areOurs else {
                throw CosignerKeys.Invalid(
                    description:
                        "the cosigners' keys are not those of \(path) for size \((newest?.treeSize ?? 0) + 1): "
                        + "give the keys that the log is signed with, or remove that file to begin a window of new ones, "
                        + "which every watcher has to be told of")
            }
            return
        }
        let dialect = try Self.dialect(of: sample, keys: keys)
        let signedByOthers = try newest.map { try !keys.signed($0, dialect) } ?? false
        self.signedByOthers = signedByOthers
        // Heads by others are not ours to answer for: our window opens behind them.
        let from = signedByOthers ? (newest?.treeSize ?? 0) + 1 : 0
        file = try TrustFile(
            name: "nexo", canonical: dialect, policy: .init(t: 2, n: 3),
            cosigners: keys.publicKeys.enumerated().map {
                .init(id: "cosigner_\($0)", publicKey: $1, fromTreeSize: from)
            })
        try AtomicFile.write(file.json.bytes() + [0x0A], to: path, mode: 0o644)
    }

    /// The dialect in which links hold; where they do not tell, the one in which our own keys verify; else `jcs`.
    private static func dialect(of sample: [SignedTreeHead], keys: CosignerKeys) throws -> CanonicalJSON {
        if let dialect = DialectGuess(sample).dialect { return dialect }
        guard let last = sample.last else { return .jcs }
        return try CanonicalJSON.allCases.first { try keys.signed(last, $0) } ?? .jcs
    }
}
