import TransparencyLog

/// A log that grows by one registration and one head at a time. Heads are signed when they are asked for: what a soak
/// needs is known by nobody before.
struct SoakLog {
    let keys: [Ed25519.PrivateKey]
    private let name: String
    private var frontier = Frontier()
    /// The newest head's prev_hash, and its own hash.
    private var newest = (previous: "", hash: "")
    /// As published, the newest last.
    private(set) var heads: [String] = []
    private(set) var users: [UInt8] = []

    /// A log with three keys of its own.
    init(_ name: String) {
        self.name = name
        keys = (0..<3).compactMap { Ed25519.PrivateKey(seed: Digest.sha256(Array("\(name) key \($0)".utf8)).bytes) }
    }

    var trust: TrustFile {
        get throws {
            try TrustFile(
                name: name, canonical: .jcs, policy: .init(t: 2, n: 3),
                cosigners: keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })
        }
    }

    /// Registers somebody, and publishes the head.
    mutating func publish(at now: UInt64) {
        let id = "user\(heads.count)@\(name)"
        let registration = Registration(
            id: JSONText(id), publicKey: Digest.sha256(Array(id.utf8)).bytes, timestamp: now)
        let leaf = registration.leafHash
        frontier.append(leaf)
        let line =
            #"{"id":"\#(id)","public_key":"\#(Base64.encode(registration.publicKey))","timestamp":\#(now),"#
            + #""leaf_hash":"\#(leaf.base64)"}"# + "\n"
        users += Array(line.utf8)
        append(root: frontier.root ?? .zero, behind: newest.hash, at: now)
    }

    /// Signs another tree of the newest head's size, behind the head before it: a fork, to which nothing is ever added.
    mutating func fork(at now: UInt64) {
        append(root: Digest.sha256(Array("\(name) shows another tree".utf8)), behind: newest.previous, at: now)
    }

    /// Adds a head with two of the three signatures, each cosigner in its turn.
    private mutating func append(root: Digest, behind previous: String, at now: UInt64) {
        // Written as it is hashed: names sorted, no white space.
        let before = #""policy":{"n":3,"t":2},"prev_hash":"\#(previous)","root":"\#(root.base64)","#
        let after = #""timestamp":\#(now),"tree_size":\#(frontier.end)}"#
        let hash = Digest.sha256(Array("{\(before)\(after)".utf8))
        let signatures = (0..<2).map { turn in
            let signer = (heads.count + turn) % keys.count
            return
                #"{"cosigner":"cosigner_\#(signer)","sig":"\#(Base64.encode(keys[signer].signature(for: hash.bytes)))"}"#
        }
        heads.append(#"{\#(before)"signatures":[\#(signatures.joined(separator: ","))],\#(after)"#)
        newest = (previous, hash.base64)
    }

    /// The newest heads first, as a deployment answers.
    func chain(limit: Int) -> String { "[\(heads.suffix(max(limit, 0)).reversed().joined(separator: ","))]" }
}
