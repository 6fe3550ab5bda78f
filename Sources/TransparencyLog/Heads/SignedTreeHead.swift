/// A signed tree head: what a log says of itself at one size (PROTOCOL, "Signed tree head").
///
/// The JSON value is kept whole, since every member but `signatures` is covered by the hash, known or not.
public struct SignedTreeHead: Hashable, Sendable {
    public struct Policy: Hashable, Sendable, CustomStringConvertible {
        public let t: UInt64
        public let n: UInt64

        public init(t: UInt64, n: UInt64) {
            self.t = t
            self.n = n
        }

        public var description: String { "{\"t\":\(t),\"n\":\(n)}" }
    }

    /// One entry of `signatures`, as far as it could be read.
    public struct Signature: Hashable, Sendable {
        /// `cosigner_<i>`; the integer i reads as the same. Nil if it is neither.
        public let cosigner: String?
        let signature: SignatureBytes?
        /// 64 bytes; nil if `sig` is not their strict base64.
        public var bytes: [UInt8]? { signature?.bytes }
    }

    /// What a head says of the one before it.
    public enum Predecessor: Hashable, Sendable, CustomStringConvertible {
        /// The member is not there: the server does not chain its heads.
        case unstated
        /// "" or 32 zero bytes: this is the first head.
        case none
        case hash(Digest)

        public var description: String {
            switch self {
            case .unstated: "no prev_hash"
            case .none: "\"\" (the first head)"
            case .hash(let hash): hash.base64
            }
        }
    }

    /// More than a trust file has cosigners (PROTOCOL, "Signed tree head"). An entry may be written in two bytes, and takes
    /// over a hundred times as much when it is read.
    public static let maximumSignatures = 1_024

    let form: Form
    public let treeSize: UInt64
    public let root: Digest
    public let predecessor: Predecessor
    /// Nil if the head states none.
    public let policy: Policy?
    /// Seconds since 1970.
    public let timestamp: UInt64
    public let signatures: [Signature]

    /// Why a JSON value is not a head.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let member: String
        public let reason: String
        public var description: String { member.isEmpty ? reason : "\(member): \(reason)" }
    }

    public init(_ value: JSONValue) throws(Malformed) {
        guard value.members != nil else { throw Malformed(member: "", reason: "an object is expected") }
        form = .value(value)
        treeSize = try Self.integer(value["tree_size"], "tree_size")
        timestamp = try Self.integer(value["timestamp"], "timestamp")
        guard let root = value["root"]?.text.flatMap(Digest.init(base64:)) else {
            throw Malformed(member: "root", reason: "must be the strict base64 of 32 bytes")
        }
        self.root = root
        switch value["prev_hash"] {
        case nil: predecessor = .unstated
        case .string(let text) where text.utf8.isEmpty: predecessor = .none
        case .string(let text):
            guard let hash = Digest(base64: text) else { fallthrough }
            predecessor = hash == .zero ? .none : .hash(hash)
        default: throw Malformed(member: "prev_hash", reason: "must be \"\" or the strict base64 of 32 bytes")
        }
        if let policy = value["policy"] {
            self.policy = Policy(
                t: try Self.integer(policy["t"], "policy.t"), n: try Self.integer(policy["n"], "policy.n"))
        } else {
            policy = nil
        }
        switch value["signatures"] {
        case nil: signatures = []
        case .array(let entries):
            guard entries.count <= Self.maximumSignatures else {
                throw Malformed(
                    member: "signatures",
                    reason: "must have at most \(Self.maximumSignatures) entries, not \(entries.count)")
            }
            signatures = entries.map(Signature.init)
        default: throw Malformed(member: "signatures", reason: "must be an array")
        }
    }

    init(_ usual: UsualHead) {
        form = .usual(usual)
        treeSize = usual.treeSize
        timestamp = usual.timestamp
        root = usual.root
        predecessor =
            switch usual.previous {
            case nil: .unstated
            case .some(nil): .none
            case .some(let hash?): hash == .zero ? .none : .hash(hash)
            }
        policy = usual.policy
        signatures = usual.signatures
    }

    private static func integer(_ value: JSONValue?, _ member: String) throws(Malformed) -> UInt64 {
        guard let value else { throw Malformed(member: member, reason: "is missing") }
        guard let integer = value.plainInteger else {
            var found = value.kind
            if case .number(let number) = value { found = String(number.lexeme.prefix(40)) }
            throw Malformed(member: member, reason: "must be plain decimal digits up to 2^53 - 1, not \(found)")
        }
        return integer
    }

    /// The bytes that are hashed: the canonical form of the head without its member `signatures`.
    public func canonicalBytes(_ dialect: CanonicalJSON) throws(JSONError) -> [UInt8] {
        if case .usual(let usual) = form { return usual.canonicalBytes(dialect) }
        return try dialect.encode(.object((value.members ?? []).filter { !($0.name == "signatures") }))
    }

    /// The members that the protocol knows, `signatures` aside.
    static let knownMembers: [StaticString] = ["tree_size", "root", "prev_hash", "policy", "timestamp"]

    /// The names of members that are covered by the hash, though the protocol does not know them.
    public var unknownMembers: [JSONText] {
        if case .usual = form { return [] }
        return (value.members ?? []).map(\.name).filter { name in
            !(name == "signatures") && !Self.knownMembers.contains { name == $0 }
        }
    }

    /// The hash over the known members alone. It is no head hash: it tells where a server leaves the others out.
    func hashOfKnownMembers(_ dialect: CanonicalJSON) throws(JSONError) -> Digest {
        let known = (value.members ?? []).filter { member in Self.knownMembers.contains { member.name == $0 } }
        return Digest.sha256(try dialect.encode(.object(known)))
    }

    /// The head hash: what cosigners sign, and what the next head names as `prev_hash`.
    public func hash(_ dialect: CanonicalJSON) throws(JSONError) -> Digest {
        Digest.sha256(try canonicalBytes(dialect))
    }
}

extension SignedTreeHead.Signature {
    init(_ entry: JSONValue) {
        switch entry["cosigner"] {
        case .string(let name): cosigner = name.description
        case let value?: cosigner = value.plainInteger.map { "cosigner_\($0)" }
        case nil: cosigner = nil
        }
        signature = entry["sig"]?.text.flatMap(Base64.decode).flatMap(SignatureBytes.init)
    }
}
