import Foundation
import Testing
import TransparencyLog

struct PackageExampleTests {
    static let begin = "// The example of TransparencyLog.swift begins."
    static let end = "// The example ends."

    @Test func theExampleRuns() throws {
        // The example of TransparencyLog.swift begins.
        // Three cosigners with keys of their own; two of them make a quorum.
        let keys = (1...3).compactMap { Ed25519.PrivateKey(seed: [UInt8](repeating: $0, count: 32)) }
        let trust = try TrustFile(
            name: "example", canonical: .jcs, policy: .init(t: 2, n: 3),
            cosigners: keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })

        // The log's side: what is said of a tree, and the signatures over the hash of that.
        func publish(_ frontier: Frontier, after previous: String) throws -> SignedTreeHead {
            let said = [
                JSONMember("tree_size", .integer(frontier.end)),
                JSONMember("root", .string((frontier.root ?? .zero).base64)),
                JSONMember("prev_hash", .string(previous)),
                JSONMember("policy", .object([JSONMember("t", .integer(2)), JSONMember("n", .integer(3))])),
                JSONMember("timestamp", .integer(1_700_000_000)),
            ]
            let hash = Digest.sha256(try CanonicalJSON.jcs.encode(.object(said)))
            let signatures = keys.prefix(2).enumerated().map { index, key in
                JSONValue.object([
                    JSONMember("cosigner", .string("cosigner_\(index)")),
                    JSONMember("sig", .string(Base64.encode(key.signature(for: hash.bytes)))),
                ])
            }
            return try SignedTreeHead(.object(said + [JSONMember("signatures", .array(signatures))]))
        }
        func register(_ id: String, key: UInt8) -> Registration {
            Registration(id: JSONText(id), publicKey: [UInt8](repeating: key, count: 32), timestamp: 1_700_000_000)
        }
        let leaves = [register("alice@example", key: 1), register("bob@example", key: 2)]
        var frontier = Frontier()
        frontier.append(leaves[0].leafHash)
        let first = try publish(frontier, after: "")
        frontier.append(leaves[1].leafHash)
        let second = try publish(frontier, after: first.hash(.jcs).base64)

        // The reader's side: the heads, oldest first, against the trust file and the leaves.
        let verifier = HeadVerifier(trust: trust)
        var chain = ChainVerifier(verifier: verifier)
        var tree = TreeVerifier()
        var findings: [Finding] = []
        for (head, leaf) in zip([first, second], leaves) {
            let judged = verifier.verify(head)
            findings += judged.findings + chain.check(judged)
            findings += [tree.append(leaf), tree.check(head)].compactMap { $0 }
        }
        findings += chain.finish()
        #expect(findings.isEmpty)

        // Somebody else is shown another key for Bob. Each list is in order; the two heads together are not.
        var other = Frontier()
        other.append(leaves[0].leafHash)
        other.append(register("bob@example", key: 3).leafHash)
        let shown = try publish(other, after: first.hash(.jcs).base64)
        #expect(chain.check(verifier.verify(shown)).map(\.rule) == [.sameSizeDifferentRoot])

        // Proof for a third party, who needs nothing but the trust file that it believes.
        let evidence = Evidence(
            kind: .sameSizeDifferentRoot, log: trust,
            heads: [second, shown].map { .init(head: $0.value, observed: []) }, equivocating: [],
            created: 1_700_000_000, tool: "example")
        let verdict = EvidenceChecker(trust: trust).check(evidence)
        #expect(verdict == .proved(kind: .sameSizeDifferentRoot, equivocating: ["cosigner_0", "cosigner_1"]))
        // The example ends.
    }

    /// What the package's first comment shows is what runs above, but for the name of the check.
    @Test func theCommentShowsWhatRuns() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        func lines(_ path: String) throws -> [Substring] {
            try String(contentsOf: root.appending(path: path), encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false)
        }
        let test = try lines("Tests/TransparencyLogTests/PackageExampleTests.swift")
        let begin = try #require(test.firstIndex { $0.trimmingCharacters(in: .whitespaces) == Self.begin })
        let end = try #require(test.lastIndex { $0.trimmingCharacters(in: .whitespaces) == Self.end })
        let run = test[(begin + 1)..<end].map { String($0.dropFirst(8)).replacing("#expect(", with: "assert(") }
        let shown = try lines("Sources/TransparencyLog/TransparencyLog.swift")
            .drop { !$0.contains("compiled and run by the tests") }.dropFirst(2)
            .filter { !$0.isEmpty }.map { $0 == "//" ? "" : String($0.dropFirst(7)) }
        #expect(run == Array(shown))
    }
}
