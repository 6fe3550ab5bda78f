public import TransparencyLog

/// A log that tests build step by step, honest unless told otherwise. Keys and times are fixed, so every run is alike.
public struct TestLog: Sendable {
    public let dialect: CanonicalJSON
    public let keys: [Ed25519.PrivateKey]
    public private(set) var registrations: [Registration] = []
    public private(set) var heads: [SignedTreeHead] = []
    private var frontier = Frontier()

    /// What a head may say otherwise than it should.
    public struct Lies: Sendable {
        public var signers: [Int]? = nil
        public var root: Digest? = nil
        public var treeSize: String? = nil
        public var previous: String? = nil
        /// Whether the head has a member `prev_hash` at all.
        public var isChained = true
        public var policy: String? = nil
        public var timestamp: UInt64? = nil
        /// Text that replaces the array of signatures.
        public var signatures: String? = nil
        /// The policy that is signed, where another is published.
        public var signedPolicy: String? = nil
        public init() {}
    }

    public init(dialect: CanonicalJSON = .jcs, firstSeed: UInt8 = 1, cosigners: UInt8 = 3) {
        self.dialect = dialect
        keys = (0..<cosigners).compactMap { Ed25519.PrivateKey(seed: [UInt8](repeating: firstSeed + $0, count: 32)) }
    }

    public func trust(
        dialect: CanonicalJSON? = nil, cosigners: [TrustFile.Cosigner]? = nil
    ) throws -> TrustFile {
        try TrustFile(
            name: "test", canonical: dialect ?? self.dialect, policy: .init(t: 2, n: UInt64(keys.count)),
            cosigners: cosigners
                ?? keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })
    }

    /// - Parameter key: 32 bytes; nil: one that is made from the id.
    public mutating func register(_ id: String, key: [UInt8]? = nil) {
        let registration = Registration(
            id: JSONText(id), publicKey: key ?? Digest.sha256(Array(id.utf8)).bytes,
            timestamp: 1_700_000_000 + UInt64(registrations.count))
        registrations.append(registration)
        frontier.append(registration.leafHash)
    }

    /// Makes the head for what is registered, and appends it.
    @discardableResult
    public mutating func publish(_ change: (inout Lies) -> Void = { _ in }) throws -> SignedTreeHead {
        var lies = Lies()
        change(&lies)
        let head = try SignedTreeHead(JSONReader.parse(Array(text(lies).utf8)))
        heads.append(head)
        return head
    }

    /// A head's JSON, which need not be one that can be read.
    public func text(_ lies: Lies = Lies()) throws -> String {
        let root = (lies.root ?? frontier.root ?? .zero).base64
        let previous = try lies.previous ?? heads.last?.hash(dialect).base64 ?? ""
        let link = lies.isChained ? #""prev_hash":"\#(previous)","# : ""
        func members(policy: String) -> String {
            #""tree_size":\#(lies.treeSize ?? String(frontier.end)),"root":"\#(root)",\#(link)"#
                + #""policy":\#(policy),"timestamp":\#(lies.timestamp ?? 1_700_000_100 + UInt64(heads.count))"#
        }
        let policy = lies.policy ?? #"{"t":2,"n":\#(keys.count)}"#
        let signed = try JSONReader.parse(Array("{\(members(policy: lies.signedPolicy ?? policy))}".utf8))
        let hash = Digest.sha256(try dialect.encode(signed))
        let signatures = (lies.signers ?? [0, 1]).map { signer in
            let signature = Base64.encode(keys[signer].signature(for: hash.bytes))
            return #"{"cosigner":"cosigner_\#(signer)","sig":"\#(signature)"}"#
        }
        let list = lies.signatures ?? "[\(signatures.joined(separator: ","))]"
        return "{\(members(policy: policy)),\"signatures\":\(list)}"
    }

    /// An honest log with so many registrations, a head after each.
    public static func honest(_ size: Int, dialect: CanonicalJSON = .jcs) throws -> TestLog {
        var log = TestLog(dialect: dialect)
        for index in 0..<size {
            log.register("user\(index)@test")
            try log.publish()
        }
        return log
    }

    /// Forgets later heads and registrations, as a server does that is restored from an old copy.
    public mutating func keep(heads count: Int) {
        heads = Array(heads.prefix(count))
        registrations = Array(registrations.prefix(Int(heads.last?.treeSize ?? 0)))
        frontier = Frontier()
        for registration in registrations { frontier.append(registration.leafHash) }
    }

    public var headLines: [String] { heads.map { $0.value.serialized() } }

    public var leafLines: [String] {
        registrations.map {
            JSONValue.object([
                JSONMember("id", .string($0.id)), JSONMember("public_key", .string(Base64.encode($0.publicKey))),
                JSONMember("timestamp", .integer($0.timestamp)),
                JSONMember("leaf_hash", .string($0.leafHash.base64)),
            ]).serialized()
        }
    }
}
