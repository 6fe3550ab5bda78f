import Foundation
import HostileLog
import Testing
import TransparencyLog

/// Verdicts are libsodium's on every public suite. Where libraries differ, the rule matrix says how: libsodium's
/// verdicts are those of its column `dalek_strict`, and ZIP-215 accepts 988 of these signatures that are invalid here.
@Suite(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
struct Ed25519Tests {
    struct MatrixCase: Decodable {
        struct Accept: Decodable {
            var zip215: Bool
            var dalekStrict: Bool
        }
        var key: String
        var msg: String
        var sig: String
        var accept: Accept
    }

    static func verifies(_ key: String, _ message: String, _ signature: String) throws -> Bool {
        Ed25519.verifies(
            signature: try #require(Hex.decode(signature)), message: try #require(Hex.decode(message)),
            publicKey: try #require(Hex.decode(key)))
    }

    static func decode<Vectors: Decodable>(_ bytes: some Sequence<UInt8>) throws -> Vectors {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Vectors.self, from: Data(bytes))
    }

    /// CCTV, ZIP-215, speccheck and Wycheproof in one table.
    @Test func ruleMatrix() throws {
        let lines = try PublicVectors.bytes("derived/ed25519-rule-matrix.jsonl").split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 1_273)
        var onlyUnderZIP215 = 0
        for line in lines {
            let vector: MatrixCase = try Self.decode(line)
            let verdict = try Self.verifies(vector.key, vector.msg, vector.sig)
            #expect(verdict == vector.accept.dalekStrict)
            if vector.accept.zip215, !verdict { onlyUnderZIP215 += 1 }
        }
        #expect(onlyUnderZIP215 == 988)
    }

    struct Wycheproof: Decodable {
        struct Group: Decodable {
            struct Key: Decodable { var pk: String }
            struct Vector: Decodable {
                var msg: String
                var sig: String
                var result: String
            }
            var publicKey: Key
            var tests: [Vector]
        }
        var testGroups: [Group]
    }

    @Test func wycheproof() throws {
        let suite: Wycheproof = try Self.decode(PublicVectors.bytes("wycheproof/testvectors_v1/ed25519_test.json"))
        for group in suite.testGroups {
            for vector in group.tests {
                let verdict = try Self.verifies(group.publicKey.pk, vector.msg, vector.sig)
                #expect(verdict == (vector.result == "valid"))
            }
        }
    }

    struct RFC8032: Decodable {
        var seed: String
        var `public`: String
        var message: String
        var signature: String
    }

    @Test func rfc8032SignsAndVerifies() throws {
        let vectors: [RFC8032] = try Self.decode(PublicVectors.bytes("rfc8032/rfc8032-7.1.json"))
        for vector in vectors {
            let seed = try #require(Hex.decode(vector.seed))
            let key = try #require(Ed25519.PrivateKey(seed: seed))
            let message = try #require(Hex.decode(vector.message))
            #expect(Hex.encode(key.publicKey) == vector.public)
            #expect(Hex.encode(key.signature(for: message)) == vector.signature)
            let verdict = try Self.verifies(vector.public, vector.message, vector.signature)
            #expect(verdict)
        }
    }

    struct Speccheck: Decodable {
        var message: String
        var pubKey: String
        var signature: String
    }

    /// Of the twelve cases, cofactorless verification without small orders accepts the fourth alone.
    @Test func speccheck() throws {
        let vectors: [Speccheck] = try Self.decode(PublicVectors.bytes("ed25519-speccheck/cases.json"))
        let accepted = try vectors.indices.filter {
            try Self.verifies(vectors[$0].pubKey, vectors[$0].message, vectors[$0].signature)
        }
        #expect(vectors.count == 12 && accepted == [3])
    }
}
