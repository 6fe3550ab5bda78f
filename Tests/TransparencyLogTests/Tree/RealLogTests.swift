import Foundation
import HostileLog
import Testing
import TransparencyLog

/// Logs that other people's programs wrote, recomputed by ours over the RFC 6962 recipe.
@Suite(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
struct RealLogTests {
    /// A signed note (C2SP, signed-note) that is a checkpoint (C2SP, tlog-checkpoint).
    struct Checkpoint {
        var size: UInt64
        var root: Digest
        var text: String
        var signature: [UInt8]

        init(_ note: some StringProtocol) throws {
            let separator = try #require(note.range(of: "\n\n"))
            text = String(note[..<separator.lowerBound]) + "\n"
            let lines = text.split(separator: "\n")
            size = try #require(UInt64(lines[1]))
            root = try #require(Digest(base64: JSONText(String(lines[2]))))
            let line = try #require(note[separator.upperBound...].split(separator: "\n").first)
            let encoded = try #require(line.split(separator: " ").last)
            // Four bytes tell the key; the signature follows.
            signature = Array(try #require(Base64.decode(JSONText(String(encoded)))).dropFirst(4))
        }

        /// - Parameter key: a verifier key, `name+hash+base64(algorithm ‖ public key)`.
        func isSigned(by key: String) throws -> Bool {
            let encoded = try #require(key.split(separator: "+", maxSplits: 2).last)
            let bytes = try #require(Base64.decode(JSONText(encoded.trimmingCharacters(in: .whitespacesAndNewlines))))
            return bytes.first == 1
                && Ed25519.verifies(
                    signature: signature, message: Array(text.utf8), publicKey: Array(bytes.dropFirst()))
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try PublicVectors.bytes(path), as: UTF8.self) }

    /// An entry bundle (C2SP, tlog-tiles): each entry behind its length, 16 bits, big-endian.
    static func entries(_ bundle: [UInt8]) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var rest = bundle[...]
        while let high = rest.popFirst(), let low = rest.popFirst() {
            let length = Int(high) << 8 | Int(low)
            try #require(length <= rest.count)
            entries.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return entries
    }

    /// Tessera's test log: each checkpoint's root from the entries of its bundle, and the tile's hashes.
    @Test(arguments: 0...15)
    func tessera(size: Int) throws {
        let checkpoint = try Checkpoint(Self.text("tessera-testlog/log/checkpoint.\(size)"))
        #expect(checkpoint.size == UInt64(size))
        let isSigned = try checkpoint.isSigned(by: Self.text("tessera-testlog/vkey.txt"))
        #expect(isSigned)
        var frontier = Frontier(recipe: .rfc6962)
        if size > 0 {
            let entries = try Self.entries(PublicVectors.bytes("tessera-testlog/log/tile/entries/000.p/\(size)"))
            let leaves = entries.map { HashRecipe.rfc6962.leaf($0) }
            #expect(leaves.flatMap(\.bytes) == (try PublicVectors.bytes("tessera-testlog/log/tile/0/000.p/\(size)")))
            for leaf in leaves { frontier.append(leaf) }
        }
        #expect(frontier.end == UInt64(size))
        #expect(frontier.matches(checkpoint.root))
    }

    /// A go.sum record in the tree of Go's checksum database, with its 50 million leaves.
    @Test func sumdb() throws {
        let name = "sumdb/go.sum-database-tree-43930254"
        let proof = try Self.text("\(name).tlog-proof")
        let separator = try #require(proof.range(of: "\n\n"))
        let lines = proof[..<separator.lowerBound].split(separator: "\n")
        #expect(lines[0] == "c2sp.org/tlog-proof@v1")
        let index = try #require(UInt64(lines[1].dropFirst("index ".count)))
        let path = try lines.dropFirst(2).map { try #require(Digest(base64: JSONText(String($0)))) }
        let checkpoint = try Checkpoint(proof[separator.upperBound...])
        let isSigned = try checkpoint.isSigned(by: Self.text("sumdb/vkey.txt"))
        #expect(isSigned)
        let leaf = HashRecipe.rfc6962.leaf(try PublicVectors.bytes("\(name).raw"))
        let inclusion = InclusionProof(index: index, treeSize: checkpoint.size, path: path)
        #expect(inclusion.verifies(leaf: leaf, root: checkpoint.root, recipe: .rfc6962))
        #expect(!inclusion.verifies(leaf: leaf, root: checkpoint.root, recipe: .nexo))
        let elsewhere = InclusionProof(index: index ^ 1, treeSize: checkpoint.size, path: path)
        #expect(!elsewhere.verifies(leaf: leaf, root: checkpoint.root, recipe: .rfc6962))
    }

    /// The checkpoints of the checksum database over the years verify under libsodium's rule.
    @Test func sumdbCheckpoints() throws {
        struct Line: Decodable { var note: String }
        let key = try Self.text("sumdb/vkey.txt")
        let lines = try PublicVectors.bytes("sumdb/checkpoints.jsonl").split(separator: UInt8(ascii: "\n"))
        #expect(!lines.isEmpty)
        for line in lines {
            let vector: Line = try ProofVectorTests.decode(bytes: line)
            let isSigned = try Checkpoint(vector.note).isSigned(by: key)
            #expect(isSigned)
        }
    }
}
