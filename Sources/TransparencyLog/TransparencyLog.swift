// A transparency log, for somebody who has never seen one.
//
// A service that hands out public keys can lie: show one key to you and another one to everybody else. A transparency
// log does not stop the lie, it makes it show. Every registration becomes a leaf of one growing list that all must be
// able to see, and whoever rewrites the list, or shows two people two lists, leaves signed proof of it behind.
//
// Leaf    A `Registration` (id, public key, time), hashed with SHA-256. A leaf is added at the end, never changed.
// Tree    A `Frontier` folds the leaves into one `Digest`, the root: change, move or drop any leaf and the root is
//         another. It keeps O(log n) hashes, so a log of any length is recomputed in one pass. `InclusionProof` shows
//         that a leaf is in the tree, `ConsistencyProof` that an old tree is the beginning of a new one.
// Head    A `SignedTreeHead` says: "so many leaves, this root". Cosigners sign its hash with Ed25519, and it names the
//         hash of the head before it, so that heads form a chain. `CanonicalJSON` says which bytes are hashed.
// Trust   A `TrustFile` pins what you believe before you read anything: the cosigners' keys, and how many of them make
//         a quorum. What a log says of its own keys and quorum counts for nothing.
//
// Checking a log is one way through these types, and everything in this project walks it:
//
//     bytes -> JSONReader -> SignedTreeHead -> HeadVerifier -> ChainVerifier -> TreeVerifier -> [Finding]
//
// `HeadVerifier` asks who signed, `ChainVerifier` whether a head continues the one before it and contradicts none,
// `TreeVerifier` whether the leaves hash to the root. None of them stops at a fault; each `Finding` names its `Rule`.
//
// The one lie that no reader can see alone is a split view: two lists, each in order by itself. Two readers who compare
// heads find it at once, since the same cosigners signed two roots for one size (`Contradiction`). The two heads are
// `Evidence`, and an `EvidenceChecker` anywhere comes to the same verdict from them and a trust file, offline.
//
// The module does no I/O and knows no clock: give it bytes, and it gives values. docs/PROTOCOL.md has the wire format,
// docs/FINDINGS.md the rules. The example below is compiled and run by the tests.
//
//     // Three cosigners with keys of their own; two of them make a quorum.
//     let keys = (1...3).compactMap { Ed25519.PrivateKey(seed: [UInt8](repeating: $0, count: 32)) }
//     let trust = try TrustFile(
//         name: "example", canonical: .jcs, policy: .init(t: 2, n: 3),
//         cosigners: keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })
//
//     // The log's side: what is said of a tree, and the signatures over the hash of that.
//     func publish(_ frontier: Frontier, after previous: String) throws -> SignedTreeHead {
//         let said = [
//             JSONMember("tree_size", .integer(frontier.end)),
//             JSONMember("root", .string((frontier.root ?? .zero).base64)),
//             JSONMember("prev_hash", .string(previous)),
//             JSONMember("policy", .object([JSONMember("t", .integer(2)), JSONMember("n", .integer(3))])),
//             JSONMember("timestamp", .integer(1_700_000_000)),
//         ]
//         let hash = Digest.sha256(try CanonicalJSON.jcs.encode(.object(said)))
//         let signatures = keys.prefix(2).enumerated().map { index, key in
//             JSONValue.object([
//                 JSONMember("cosigner", .string("cosigner_\(index)")),
//                 JSONMember("sig", .string(Base64.encode(key.signature(for: hash.bytes)))),
//             ])
//         }
//         return try SignedTreeHead(.object(said + [JSONMember("signatures", .array(signatures))]))
//     }
//     func register(_ id: String, key: UInt8) -> Registration {
//         Registration(id: JSONText(id), publicKey: [UInt8](repeating: key, count: 32), timestamp: 1_700_000_000)
//     }
//     let leaves = [register("alice@example", key: 1), register("bob@example", key: 2)]
//     var frontier = Frontier()
//     frontier.append(leaves[0].leafHash)
//     let first = try publish(frontier, after: "")
//     frontier.append(leaves[1].leafHash)
//     let second = try publish(frontier, after: first.hash(.jcs).base64)
//
//     // The reader's side: the heads, oldest first, against the trust file and the leaves.
//     let verifier = HeadVerifier(trust: trust)
//     var chain = ChainVerifier(verifier: verifier)
//     var tree = TreeVerifier()
//     var findings: [Finding] = []
//     for (head, leaf) in zip([first, second], leaves) {
//         let judged = verifier.verify(head)
//         findings += judged.findings + chain.check(judged)
//         findings += [tree.append(leaf), tree.check(head)].compactMap { $0 }
//     }
//     findings += chain.finish()
//     assert(findings.isEmpty)
//
//     // Somebody else is shown another key for Bob. Each list is in order; the two heads together are not.
//     var other = Frontier()
//     other.append(leaves[0].leafHash)
//     other.append(register("bob@example", key: 3).leafHash)
//     let shown = try publish(other, after: first.hash(.jcs).base64)
//     assert(chain.check(verifier.verify(shown)).map(\.rule) == [.sameSizeDifferentRoot])
//
//     // Proof for a third party, who needs nothing but the trust file that it believes.
//     let evidence = Evidence(
//         kind: .sameSizeDifferentRoot, log: trust,
//         heads: [second, shown].map { .init(head: $0.value, observed: []) }, equivocating: [],
//         created: 1_700_000_000, tool: "example")
//     let verdict = EvidenceChecker(trust: trust).check(evidence)
//     assert(verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_0", "cosigner_1"]))
