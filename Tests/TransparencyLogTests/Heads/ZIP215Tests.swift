import HostileLog
import Testing
import TransparencyLog

/// The explanation-only rule gives the verdicts of ZIP-215 on every public case.
@Suite(.enabled(if: PublicVectors.arePresent, "public vectors are absent"))
struct ZIP215Tests {
    static func verifies(_ key: String, _ message: String, _ signature: String) throws -> Bool {
        ZIP215.verifies(
            signature: try #require(Hex.decode(signature)), message: try #require(Hex.decode(message)),
            publicKey: try #require(Hex.decode(key)))
    }

    @Test func ruleMatrix() throws {
        let lines = try PublicVectors.bytes("derived/ed25519-rule-matrix.jsonl").split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 1_273)
        for line in lines {
            let vector: Ed25519Tests.MatrixCase = try Ed25519Tests.decode(line)
            let verdict = try Self.verifies(vector.key, vector.msg, vector.sig)
            #expect(verdict == vector.accept.zip215, "\(vector)")
        }
    }

    struct Noble: Decodable {
        var vkBytes: String
        var sigBytes: String
        var validZip215: Bool
    }

    /// 196 pairs of small-order points over the message "Zcash"; none is valid here.
    @Test func noble() throws {
        let vectors: [Noble] = try Ed25519Tests.decode(PublicVectors.bytes("noble-ed25519/zip215.json"))
        #expect(vectors.count == 196)
        for vector in vectors {
            let message = Hex.encode(Array("Zcash".utf8))
            let verdict = try Self.verifies(vector.vkBytes, message, vector.sigBytes)
            #expect(verdict == vector.validZip215)
            let ours = try Ed25519Tests.verifies(vector.vkBytes, message, vector.sigBytes)
            #expect(!ours)
        }
    }
}
