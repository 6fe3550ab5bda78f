/// What an auditor pins of a log before believing anything: dialect, quorum and keys (PROTOCOL, "Trust file").
public struct TrustFile: Hashable, Sendable {
    public static let format = "nexo-trust/v1"
    /// Keys of all windows together. Files of evidence bring a trust file each, and strangers write them.
    public static let maximumCosigners = 1_000

    public struct Cosigner: Hashable, Sendable {
        public let id: String
        /// 32 bytes.
        public let publicKey: [UInt8]
        public let fromTreeSize: UInt64
        /// The last size that the key signs, unless the same id's next window begins there; nil: no end.
        public let untilTreeSize: UInt64?

        public init(id: String, publicKey: [UInt8], fromTreeSize: UInt64 = 0, untilTreeSize: UInt64? = nil) {
            self.id = id
            self.publicKey = publicKey
            self.fromTreeSize = fromTreeSize
            self.untilTreeSize = untilTreeSize
        }
    }

    public let name: String
    public let canonical: CanonicalJSON
    public let policy: SignedTreeHead.Policy
    public let cosigners: [Cosigner]

    /// Why a trust file cannot be used.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(
        name: String, canonical: CanonicalJSON, policy: SignedTreeHead.Policy, cosigners: [Cosigner]
    ) throws(Invalid) {
        self.name = name
        self.canonical = canonical
        self.policy = policy
        self.cosigners = cosigners
        guard cosigners.count <= Self.maximumCosigners else {
            throw Invalid(
                description: "cosigners: \(cosigners.count) entries are more than \(Self.maximumCosigners)")
        }
        let ids = Set(cosigners.map(\.id))
        guard policy.t >= 1, policy.t <= policy.n else {
            throw Invalid(description: "policy: t must be at least 1 and at most n")
        }
        guard ids.count >= policy.t, ids.count <= policy.n else {
            throw Invalid(
                description: "cosigners: \(ids.count) ids cannot serve a quorum of \(policy.t) of \(policy.n)")
        }
        for cosigner in cosigners {
            guard cosigner.publicKey.count == 32 else {
                throw Invalid(description: "cosigners: the key of \(cosigner.id) must have 32 bytes")
            }
            if let until = cosigner.untilTreeSize, until < cosigner.fromTreeSize {
                throw Invalid(description: "cosigners: a window of \(cosigner.id) ends before it begins")
            }
            // The first window gives the log its identity, so it must not depend on the order of the file.
            if cosigners.contains(where: {
                $0 != cosigner && $0.id == cosigner.id && $0.fromTreeSize == cosigner.fromTreeSize
            }) {
                throw Invalid(description: "cosigners: two windows of \(cosigner.id) begin at one size")
            }
            // One key under two ids would count twice, and a quorum of two would be the word of one.
            if cosigners.contains(where: { $0.id != cosigner.id && $0.publicKey == cosigner.publicKey }) {
                throw Invalid(description: "cosigners: \(cosigner.id) shares its key with another id")
            }
        }
    }

    /// Reads the JSON of a trust file.
    public init(json bytes: [UInt8]) throws(Invalid) {
        let value: JSONValue
        do { value = try JSONReader.parse(bytes, maximumBytes: 1 << 20) } catch {
            throw Invalid(description: "not JSON: \(error)")
        }
        try self.init(value)
    }

    public init(_ value: JSONValue) throws(Invalid) {
        guard let format = value["format"]?.text, format.description == Self.format else {
            throw Invalid(description: "format: must be \"\(Self.format)\"")
        }
        guard let name = value["name"]?.text?.description, !name.isEmpty else {
            throw Invalid(description: "name: must be a string that is not empty")
        }
        guard let canonical = (value["canonical"]?.text?.description).flatMap(CanonicalJSON.init) else {
            throw Invalid(description: "canonical: must be \"jcs\" or \"shallow\"")
        }
        guard let t = value["policy"]?["t"]?.plainInteger, let n = value["policy"]?["n"]?.plainInteger else {
            throw Invalid(description: "policy: must be {\"t\": integer, \"n\": integer}")
        }
        guard let entries = value["cosigners"]?.elements else {
            throw Invalid(description: "cosigners: must be an array")
        }
        var cosigners: [Cosigner] = []
        for (index, entry) in entries.enumerated() {
            cosigners.append(try Cosigner(entry, at: "cosigners[\(index)]"))
        }
        try self.init(name: name, canonical: canonical, policy: .init(t: t, n: n), cosigners: cosigners)
    }

    /// The keys that may sign for a head of this size, by cosigner id.
    public func keys(at treeSize: UInt64) -> [(id: String, publicKey: [UInt8])] {
        cosigners.filter { signs($0, at: treeSize) }.map { ($0.id, $0.publicKey) }
    }

    /// Whether an entry's window covers a size.
    func signs(_ entry: Cosigner, at treeSize: UInt64) -> Bool {
        guard entry.fromTreeSize <= treeSize else { return false }
        guard let until = entry.untilTreeSize else { return true }
        if treeSize != until { return treeSize < until }
        return !cosigners.contains { $0.id == entry.id && $0.fromTreeSize == until && $0 != entry }
    }

    /// The log's identity: it survives rotation, and moves between URLs.
    public var logID: String {
        var first: [String: Cosigner] = [:]
        for cosigner in cosigners where cosigner.fromTreeSize < first[cosigner.id]?.fromTreeSize ?? .max {
            first[cosigner.id] = cosigner
        }
        let keys = first.values.map { Base64.encode($0.publicKey) }.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let quoted = keys.map { "\"\($0)\"" }.joined(separator: ",")
        let identity = "{\"cosigners\":[\(quoted)],\"policy\":{\"n\":\(policy.n),\"t\":\(policy.t)}}"
        return Digest.sha256(Array(identity.utf8)).hex
    }

    public var json: JSONValue {
        .object([
            JSONMember("format", .string(Self.format)), JSONMember("name", .string(name)),
            JSONMember("canonical", .string(canonical.rawValue)),
            JSONMember(
                "policy",
                .object([JSONMember("t", .integer(policy.t)), JSONMember("n", .integer(policy.n))])),
            JSONMember(
                "cosigners",
                .array(
                    cosigners.map {
                        .object([
                            JSONMember("id", .string($0.id)),
                            JSONMember("public_key", .string(Base64.encode($0.publicKey))),
                            JSONMember("from_tree_size", .integer($0.fromTreeSize)),
                            JSONMember("until_tree_size", $0.untilTreeSize.map { .integer($0) } ?? .null),
                        ])
                    })),
        ])
    }
}

extension TrustFile.Cosigner {
    init(_ value: JSONValue, at place: String) throws(TrustFile.Invalid) {
        // A misspelt `until_tree_size` would keep a revoked key valid.
        let known = ["id", "public_key", "from_tree_size", "until_tree_size"]
        if let other = value.members?.first(where: { !known.contains($0.name.description) }) {
            throw TrustFile.Invalid(description: "\(place): unknown member \"\(other.name)\"")
        }
        guard let id = value["id"]?.text?.description, !id.isEmpty else {
            throw TrustFile.Invalid(description: "\(place).id: must be a string that is not empty")
        }
        guard let key = value["public_key"]?.text.flatMap(Digest.init(base64:)) else {
            throw TrustFile.Invalid(description: "\(place).public_key: must be the strict base64 of 32 bytes")
        }
        let from = value["from_tree_size"] ?? .integer(0)
        guard let fromTreeSize = from.plainInteger else {
            throw TrustFile.Invalid(description: "\(place).from_tree_size: must be an integer")
        }
        let until = value["until_tree_size"] ?? .null
        guard until == .null || until.plainInteger != nil else {
            throw TrustFile.Invalid(description: "\(place).until_tree_size: must be an integer or null")
        }
        self.init(id: id, publicKey: key.bytes, fromTreeSize: fromTreeSize, untilTreeSize: until.plainInteger)
    }
}
