import Foundation
import HostileLog
import Testing

@testable import TransparencyLog

/// The C2SP formats, against their specifications' own examples, other people's vectors, and every small change.
struct SignedNoteTests {
    static func key(_ seed: UInt8 = 7, name: String = "watch.example/w1") throws -> CosignerSigningKey {
        let key = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: seed, count: 32)))
        return try #require(CosignerSigningKey(name: name, key: key))
    }

    static let checkpoint = Checkpoint(
        origin: Checkpoint.origin(logID: "ab"), treeSize: 12, root: .sha256(Array("root".utf8)))

    static func note(_ key: CosignerSigningKey, at time: UInt64 = 1_700_000_000) -> SignedNote {
        SignedNote(text: checkpoint.text, signatures: [key.cosign(checkpoint, at: time)])
    }

    @Test(.enabled(if: PublicVectors.arePresent, "the vectors are absent"))
    func specificationsAreRead() throws {
        // The examples of the specification have no published key; form and key ids are compared.
        let document = String(decoding: try PublicVectors.bytes("C2SP/tlog-cosignature.md"), as: UTF8.self)
        let example = try #require(document.components(separatedBy: "```\n").dropFirst().first)
        let note = try SignedNote(Array(example.utf8))
        #expect(note.signatures.map(\.name) == ["example.com/behind-the-sofa", "witness.example.com/w1"])
        #expect(note.signatures[1].bytes.count == 72)
        #expect(UInt64(bigEndianBytes: note.signatures[1].bytes.prefix(8)) == 1_679_315_147)
        let checkpoint = try Checkpoint(text: note.text)
        #expect(checkpoint.treeSize == 20_852_163 && checkpoint.text == note.text)
        #expect(note.description == example)
    }

    /// Go's own note, by a key of type 1: the id and the signature are as that package has them.
    @Test(.enabled(if: PublicVectors.arePresent, "the vectors are absent"))
    func goNote() throws {
        let vector = try JSONReader.parse(try PublicVectors.bytes("golang-mod-note/example.json"))
        let vkey = try #require(vector["vkey"]?.text?.description)
        let note = try SignedNote(try #require(vector["note"]?.text?.utf8))
        let parts = vkey.split(separator: "+", maxSplits: 2)
        let material = try #require(Base64.decode(Array(parts[2].utf8)))
        let id = UInt32(
            bigEndianBytes: Digest.sha256(Array(parts[0].utf8) + [0x0A] + material).bytes.prefix(4))
        #expect(note.signatures.first?.keyID == id && Hex.encode(id.bigEndianBytes) == parts[1])
        let isValid = Ed25519.verifies(
            signature: try #require(note.signatures.first?.bytes), message: Array(note.text.utf8),
            publicKey: Array(material.dropFirst()))
        #expect(isValid)
        // A key of another type is no cosigner's.
        #expect(throws: CosignerKey.Malformed.self) { try CosignerKey(vkey: vkey) }
    }

    /// The checkpoints that a witness of somebody else's is asked to cosign.
    @Test(.enabled(if: PublicVectors.arePresent, "the vectors are absent"))
    func witnessRequests() throws {
        let vector = try JSONReader.parse(try PublicVectors.bytes("torchwood-witness/add-checkpoint.json"))
        let publicKey = try #require(vector["log_public_key"]?.text.flatMap { Hex.decode($0.description) })
        var verified = 0
        for request in try #require(vector["requests"]?.elements) {
            guard case .bool(let isValid)? = request["log_sig_valid"], let body = request["body"]?.text?.description,
                let begin = body.range(of: "\n\n")?.upperBound
            else { continue }
            // A bad signature there has stray bits in its base64, which are refused here before the signature is.
            guard let note = try? SignedNote(Array(body[begin...].utf8)) else {
                #expect(!isValid)
                continue
            }
            let checkpoint = try Checkpoint(text: note.text)
            #expect(checkpoint.text == note.text)
            let signature = try #require(note.signatures.first)
            let verifies = Ed25519.verifies(
                signature: signature.bytes, message: Array(note.text.utf8), publicKey: publicKey)
            #expect(verifies == isValid)
            verified += verifies ? 1 : 0
        }
        #expect(verified == 7)
    }

    @Test func keysAreReadBack() throws {
        let key = try Self.key()
        #expect(try CosignerKey(vkey: key.publicKey.description) == key.publicKey)
        #expect(try CosignerSigningKey(secretText: key.secretText).publicKey == key.publicKey)
        #expect(CosignerKey(name: "with space", publicKey: key.publicKey.publicKey) == nil)
        #expect(CosignerKey(name: "with+plus", publicKey: key.publicKey.publicKey) == nil)
        let vkey = key.publicKey.description
        for index in vkey.indices {
            var bad = vkey
            bad.replaceSubrange(index...index, with: vkey[index] == "A" ? "B" : "A")
            #expect((try? CosignerKey(vkey: bad)) != key.publicKey, "\(bad)")
            #expect((try? CosignerKey(vkey: String(vkey[..<index]))) == nil)
        }
    }

    @Test func cosignaturesAreReadBack() throws {
        let key = try Self.key()
        let note = Self.note(key)
        let read = try SignedNote(Array(note.description.utf8))
        #expect(read == note)
        #expect(try CheckpointCosignature.find(by: key.publicKey, under: read)?.time == 1_700_000_000)
        #expect(try CheckpointCosignature.find(by: Self.key(8).publicKey, under: read) == nil)
        #expect(try Checkpoint(text: read.text) == Self.checkpoint)
    }

    /// No changed byte, and no cut, leaves a statement that counts.
    @Test func everyChangeIsNoticed() throws {
        let key = try Self.key()
        let bytes = Array(Self.note(key).description.utf8)
        func vouches(_ bytes: [UInt8]) -> Bool {
            var quorum = WatchQuorum(
                logID: "ab", treeSize: 12, root: Self.checkpoint.root, watchers: [key.publicKey], threshold: 1)
            do { try quorum.add(bytes) } catch { return false }
            return quorum.verdict == .reached([key.publicKey.name])
        }
        #expect(vouches(bytes))
        for index in bytes.indices {
            #expect(!vouches(Array(bytes[..<index])), "cut at \(index)")
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(!vouches(changed), "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test(arguments: [
        "a\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "a\n012\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a\n12\n",
        "a\n+12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a\n12\nCsUYapGGPo4dkMgI\n",
        "a\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nx\n",
    ])
    func noCheckpoint(text: String) {
        #expect(throws: SignedNote.Malformed.self) { try Checkpoint(text: text) }
    }

    /// A note counts whole or not at all: what stands before a line that does not verify is not believed either.
    @Test func aSpoiledNoteCountsForNothing() throws {
        let keys = try [7, 8].map { try Self.key($0, name: "watch.example/w\($0)") }
        var spoiled = keys[1].cosign(Self.checkpoint, at: 1)
        spoiled = .init(name: spoiled.name, keyID: spoiled.keyID, bytes: spoiled.bytes.dropLast() + [0])
        let note = SignedNote(
            text: Self.checkpoint.text, signatures: [keys[0].cosign(Self.checkpoint, at: 1), spoiled])
        var quorum = WatchQuorum(
            logID: "ab", treeSize: 12, root: Self.checkpoint.root, watchers: keys.map(\.publicKey), threshold: 1)
        #expect(throws: SignedNote.Malformed.self) { try quorum.add(Array(note.description.utf8)) }
        #expect(quorum.verdict == .missed([]))
    }

    @Test func quorumCountsKeysOnce() throws {
        let keys = try [7, 8, 9].map { try Self.key($0, name: "watch.example/w\($0)") }
        let twin = try Self.key(7, name: "watch.example/twin")
        func quorum(_ threshold: Int, times: ClosedRange<UInt64> = 0...UInt64.max) -> WatchQuorum {
            WatchQuorum(
                logID: "ab", treeSize: 12, root: Self.checkpoint.root,
                watchers: keys.map(\.publicKey) + [twin.publicKey], threshold: threshold, times: times)
        }
        var two = quorum(2)
        try two.add(Array(Self.note(keys[0]).description.utf8))
        try two.add(Array(Self.note(twin).description.utf8))
        #expect(two.verdict == .missed(["watch.example/twin", "watch.example/w7"]))
        try two.add(Array(Self.note(keys[1]).description.utf8))
        #expect(two.verdict == .reached(["watch.example/twin", "watch.example/w7", "watch.example/w8"]))
        // Too old, or from the future.
        var early = quorum(1, times: 0...1_699_999_999)
        try early.add(Array(Self.note(keys[0]).description.utf8))
        #expect(early.verdict == .missed([]) && early.besides == 1)
        var fresh = quorum(1, times: 1_700_000_001...UInt64.max)
        try fresh.add(Array(Self.note(keys[0]).description.utf8))
        #expect(fresh.verdict == .missed([]) && fresh.besides == 1)
        // Another root of this size contradicts; another size says nothing.
        let other = Checkpoint(origin: Self.checkpoint.origin, treeSize: 12, root: .sha256(Array("other".utf8)))
        let otherNote = SignedNote(text: other.text, signatures: [keys[2].cosign(other, at: 1)])
        try two.add(Array(otherNote.description.utf8))
        #expect(two.verdict == .contradicted(["watch.example/w9"]))
        #expect(throws: SignedNote.Malformed.self) {
            try fresh.add(Array(Self.note(try Self.key(1)).description.utf8))
        }
    }
}
