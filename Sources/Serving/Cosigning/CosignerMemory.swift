import Foundation
import LogFiles
public import TransparencyLog

/// What a cosigner has signed, on the disk before a signature leaves it: one history of one tree. There is one root for each
/// size, a larger tree is proved to continue the largest one that was signed, and no smaller one is signed that was not before.
public actor CosignerMemory {
    /// Why a head is not signed.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The question does not start from the largest size that was signed, which is this; nothing was signed.
    public struct Stale: Error, Hashable, Sendable {
        public let signed: UInt64
    }

    private let executor = DiskExecutor(label: "nexo-server.cosigner")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let key: Ed25519.PrivateKey
    private let dialect: CanonicalJSON
    private var file: DurableAppender
    private var roots: [UInt64: Digest] = [:]
    private var largest: UInt64 = 0

    public nonisolated let publicKey: [UInt8]

    /// - Parameter seed: 32 bytes, or a 64-byte key.
    public init(path: String, seed: [UInt8], dialect: CanonicalJSON) throws {
        guard let key = CosignerKeys.key(seed) else {
            throw CosignerKeys.Invalid(
                description: "COSIGNER_SK: must be the base64 of a 32-byte seed or a 64-byte key")
        }
        self.key = key
        self.dialect = dialect
        publicKey = key.publicKey
        // A line cut in half was never followed by a signature: it is set aside.
        file = try DurableAppender(path: path)
        var reader = try JSONLinesReader(path: path)
        while let line = try reader.next() {
            guard let value = try? JSONReader.parse(line.bytes), let size = value["tree_size"]?.plainInteger,
                let root = value["root"]?.text.flatMap(Digest.init(base64:))
            else {
                throw LogFileError(
                    path: path,
                    reason:
                        "line \(line.number): is no record of a signature; restore the file from a copy that knows of all "
                        + "that was signed, which the log's newest head with this key shows")
            }
            guard roots.updateValue(root, forKey: size) ?? root == root else {
                throw LogFileError(
                    path: path,
                    reason: "line \(line.number): is a second root for size \(size); it is not the file of one cosigner"
                )
            }
            largest = max(largest, size)
        }
    }

    /// The largest size that was signed; 0: none.
    public var signed: UInt64 { largest }

    /// Signs all of these heads, or none.
    public func sign(_ question: CosignQuestion) throws -> [[UInt8]] {
        let heads = question.heads
        var fresh: [UInt64: Digest] = [:]
        var reached = largest
        var lines: [[UInt8]] = []
        for (head, path) in zip(heads, question.paths) {
            guard head.treeSize > 0 else { throw Refusal(description: "a tree without leaves is nobody's history") }
            if let known = roots[head.treeSize] ?? fresh[head.treeSize] {
                guard known == head.root else {
                    throw Refusal(description: "size \(head.treeSize) was signed with root \(known)")
                }
                continue
            }
            guard head.treeSize >= reached else {
                throw Refusal(description: "size \(head.treeSize) is smaller than \(reached), which was signed")
            }
            guard question.signed == largest else { throw Stale(signed: largest) }
            // Every tree continues the empty one.
            if reached > 0 {
                let proof = ConsistencyProof(first: reached, second: head.treeSize, path: path)
                guard let root = fresh[reached] ?? roots[reached],
                    proof.verifies(firstRoot: root, secondRoot: head.root)
                else {
                    throw Refusal(
                        description: "size \(head.treeSize) is not proved to continue size \(reached), which was signed"
                    )
                }
            }
            fresh[head.treeSize] = head.root
            reached = head.treeSize
            lines.append(
                JSONValue.object([
                    JSONMember("tree_size", .integer(head.treeSize)), JSONMember("root", .string(head.root.base64)),
                ]).bytes())
        }
        let hashes = try heads.map { try $0.hash(dialect).bytes }
        if !lines.isEmpty { try file.append(contentsOf: lines) }
        roots.merge(fresh) { old, _ in old }
        largest = reached
        return hashes.map(key.signature)
    }
}
