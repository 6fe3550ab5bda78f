public import Foundation
import LogFiles
public import TransparencyLog

/// The log itself: registrations in, signed tree heads out, over two durable files.
///
/// An actor, so that two registrations at once can never fork the log. Both files are on the disk before the answer.
public actor LogService {
    private let dialect: CanonicalJSON
    private let keys: CosignerKeys
    private var users: DurableAppender
    private var heads: DurableAppender
    private var frontier = Frontier()
    private var lines: [[UInt8]] = []
    private var previous: Digest?
    private var lastTimestamp: UInt64 = 0
    nonisolated let now: @Sendable () -> UInt64

    /// Opens a data folder, a field server's too, and continues its chain in its dialect.
    public init(folder: URL, keys: CosignerKeys, now: @escaping @Sendable () -> UInt64) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.keys = keys
        self.now = now
        let usersPath = folder.appending(path: "users.jsonl").path
        let headsPath = folder.appending(path: "sth.jsonl").path
        users = try DurableAppender(path: usersPath)
        heads = try DurableAppender(path: headsPath)
        var reader = try JSONLinesReader(path: usersPath)
        var leaves: [Digest] = []
        while let line = try reader.next() {
            do { leaves.append(try Registration(JSONReader.parse(line.bytes)).leafHash) } catch {
                throw LogFileError(path: usersPath, reason: "line \(line.number): \(error); repair it before starting")
            }
        }
        var chain: [SignedTreeHead] = []
        reader = try JSONLinesReader(path: headsPath)
        while let line = try reader.next() {
            do { chain.append(try SignedTreeHead(JSONReader.parse(line.bytes))) } catch {
                throw LogFileError(path: headsPath, reason: "line \(line.number): \(error); repair it before starting")
            }
            lines.append(line.bytes)
        }
        try Self.check(chain.last, leaves, path: usersPath)
        for leaf in leaves { frontier.append(leaf) }
        let dialect = try Self.dialect(of: chain, keys: keys)
        self.dialect = dialect
        previous = try chain.last?.hash(dialect)
        lastTimestamp = chain.last?.timestamp ?? 0
        signedByOthers = try chain.last.map { try !keys.signed($0, dialect) } ?? false
    }

    /// The newest head is by none of our keys: watchers need the new ones in their trust files to believe what follows.
    public let signedByOthers: Bool

    /// The newest head must be the head of these registrations, or we would sign a tree that is no continuation of it.
    private static func check(_ last: SignedTreeHead?, _ leaves: [Digest], path: String) throws(LogFileError) {
        guard let last else { return }
        guard last.treeSize <= UInt64(leaves.count) else {
            throw LogFileError(
                path: path,
                reason: "has \(leaves.count) registrations, fewer than the newest head's \(last.treeSize); restore it")
        }
        var frontier = Frontier()
        for leaf in leaves.prefix(Int(last.treeSize)) { frontier.append(leaf) }
        guard frontier.matches(last.root) else {
            throw LogFileError(
                path: path,
                reason: "does not give the newest head's root at size \(last.treeSize): a registration was changed; "
                    + "restore it, and run nexo-audit verify on both files")
        }
    }

    /// The dialect in which links hold; where they do not tell, the one in which our own keys verify; else `jcs`.
    private static func dialect(of chain: [SignedTreeHead], keys: CosignerKeys) throws -> CanonicalJSON {
        if let dialect = DialectGuess(chain).dialect { return dialect }
        guard let last = chain.last else { return .jcs }
        return try CanonicalJSON.allCases.first { try keys.signed(last, $0) } ?? .jcs
    }

    public var usersCount: UInt64 { frontier.end }
    public var headsCount: Int { lines.count }
    public var latestHead: [UInt8]? { lines.last }
    public var lastHeadTimestamp: UInt64 { lastTimestamp }

    /// The newest heads first, as a JSON array.
    public func chain(limit: Int) -> [UInt8] {
        Array("[".utf8) + lines.suffix(limit).reversed().joined(separator: Array(",".utf8)) + Array("]".utf8)
    }

    /// Adds a registration, and publishes the head that covers it.
    ///
    /// If the power fails between the two files, the registration is there without a head, was not acknowledged, and is
    /// covered by the next head.
    public func register(_ registration: Registration) throws -> UInt64 {
        let leaf = registration.leafHash
        let line = JSONValue.object([
            JSONMember("id", .string(registration.id)),
            JSONMember("public_key", .string(Base64.encode(registration.publicKey))),
            JSONMember("timestamp", .integer(registration.timestamp)), JSONMember("leaf_hash", .string(leaf.base64)),
        ])
        try users.append(line.bytes())
        frontier.append(leaf)
        try publish()
        return frontier.end
    }

    private func publish() throws {
        let timestamp = max(now(), lastTimestamp)
        let members = [
            JSONMember("tree_size", .integer(frontier.end)),
            JSONMember("root", .string((frontier.root ?? .zero).base64)),
            JSONMember("prev_hash", .string(previous?.base64 ?? "")),
            JSONMember("policy", .object([JSONMember("t", .integer(2)), JSONMember("n", .integer(3))])),
            JSONMember("timestamp", .integer(timestamp)),
        ]
        let hash = try SignedTreeHead(.object(members)).hash(dialect)
        let bytes = JSONValue.object(members + [JSONMember("signatures", keys.signatures(over: hash))]).bytes()
        try heads.append(bytes)
        lines.append(bytes)
        previous = hash
        lastTimestamp = timestamp
    }

    /// The trust file for those who choose to trust this server at first use.
    public func trust(name: String) throws -> TrustFile {
        try TrustFile(
            name: name, canonical: dialect, policy: .init(t: 2, n: 3),
            cosigners: keys.keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })
    }
}
