import HostileLog
import TransparencyLog

/// A log that has a new registration and head each time it is asked for its chain, at little cost of its own.
struct SoakLog {
    private let keys: [Ed25519.PrivateKey]
    private var frontier = Frontier()
    private var previous = ""
    /// The newest heads, the newest last.
    private var heads: [String] = []
    private(set) var users = ""
    private(set) var published = 0
    /// Nothing more is published: what there is can be counted.
    var isOver = false
    private var asked: ContinuousClock.Instant?
    /// Between two questions.
    private(set) var gaps: [Duration] = []

    init(number: Int) {
        keys = (0..<3).compactMap {
            Ed25519.PrivateKey(seed: Digest.sha256(Array("soak \(number) \($0)".utf8)).bytes)
        }
    }

    func trust() throws -> TrustFile {
        try TrustFile(
            name: "soak", canonical: .jcs, policy: .init(t: 2, n: 3),
            cosigners: keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })
    }

    /// Publishes a head of this time, and answers with the newest.
    mutating func answer(limit: Int, now: UInt64) throws -> String {
        let moment = ContinuousClock.now
        if let asked { gaps.append(moment - asked) }
        asked = moment
        if isOver { return "[" + heads.suffix(limit).reversed().joined(separator: ",") + "]" }
        let id = "user\(published)@soak"
        let registration = Registration(
            id: JSONText(id), publicKey: Digest.sha256(Array(id.utf8)).bytes, timestamp: now)
        frontier.append(registration.leafHash)
        published += 1
        users +=
            "{\"id\":\"\(id)\",\"public_key\":\"\(Base64.encode(registration.publicKey))\",\"timestamp\":\(now),"
            + "\"leaf_hash\":\"\(registration.leafHash.base64)\"}\n"
        let members =
            "\"policy\":{\"n\":3,\"t\":2},\"prev_hash\":\"\(previous)\",\"root\":\"\((frontier.root ?? .zero).base64)\""
        // In the order of the canonical form, so that it is its own.
        let hash = Digest.sha256(Array("{\(members),\"timestamp\":\(now),\"tree_size\":\(published)}".utf8))
        let signatures = [0, 1].map { signer in
            "{\"cosigner\":\"cosigner_\(signer)\",\"sig\":\"\(Base64.encode(keys[signer].signature(for: hash.bytes)))\"}"
        }.joined(separator: ",")
        previous = hash.base64
        heads.append("{\(members),\"timestamp\":\(now),\"tree_size\":\(published),\"signatures\":[\(signatures)]}")
        if heads.count > 64 { heads.removeFirst(32) }
        return "[" + heads.suffix(limit).reversed().joined(separator: ",") + "]"
    }
}
