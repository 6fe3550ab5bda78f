import HostileLog
import Testing

@testable import TransparencyLog

@Suite struct SignatureVerifierTests {
    static let engines = Ed25519Engine.allCases.filter(\.isAvailable)

    private func questions(_ count: Int, keys: [Ed25519.PrivateKey]) throws -> [SignatureVerifier.Question] {
        try (0..<count).map { index in
            let message = Digest.sha256([UInt8(index & 255), UInt8(index >> 8)])
            var signature = keys[index % keys.count].signature(for: message.bytes)
            // Each seventh is spoilt, and each eleventh is another key's.
            if index % 7 == 3 { signature[index % 64] ^= 1 }
            let key = index % 11 == 5 ? (index + 1) % keys.count : index % keys.count
            return .init(key: key, signature: try #require(SignatureBytes(signature)), message: message)
        }
    }

    /// Few for libsodium, more for a small table, many for a large one: the verdicts are libsodium's.
    @Test(arguments: engines, [10, 100, 700]) func verdictsAreLibsodiums(engine: Ed25519Engine, count: Int) throws {
        let keys = try TestLog().keys.map { try #require(Ed25519.PrivateKey(seed: $0.seed)) }
        let questions = try questions(count, keys: keys)
        let expected = questions.map {
            Ed25519.verifies(
                signature: $0.signature.bytes, message: $0.message.bytes, publicKey: keys[$0.key].publicKey)
        }
        #expect(expected.contains(true) && expected.contains(false))
        let verifier = SignatureVerifier(
            publicKeys: keys.map(\.publicKey), engine: engine, thresholds: .init(small: 20, large: 100))
        let tables = verifier.tables(forUses: keys.indices.map { key in questions.count { $0.key == key } })
        #expect(tables.allSatisfy { ($0 == nil) == (engine == .sodium || count == 10) })
        #expect(verifier.verdicts(on: questions, with: tables) == expected)
    }

    /// Tables of both sizes, and a key without one, in one call.
    @Test(arguments: engines) func mixedTables(engine: Ed25519Engine) throws {
        let keys = try TestLog().keys.map { try #require(Ed25519.PrivateKey(seed: $0.seed)) }
        let questions = try questions(90, keys: keys)
        let verifier = SignatureVerifier(
            publicKeys: keys.map(\.publicKey), engine: engine, thresholds: .init(small: 20, large: 100))
        let tables = verifier.tables(forUses: [0, 50, 500])
        #expect(tables.map { $0?.window } == (engine == .sodium ? [nil, nil, nil] : [nil, .small, .large]))
        let alone = verifier.verdicts(on: questions, with: [nil, nil, nil])
        #expect(verifier.verdicts(on: questions, with: tables) == alone)
    }

    @Test func tablesGrowWithUse() throws {
        let keys = TestLog().keys.map(\.publicKey)
        let thresholds = SignatureVerifier.Thresholds(small: 20, large: 50)
        let keeping = SignatureVerifier(publicKeys: keys, thresholds: thresholds)
        #expect(keeping.tables(forUses: [19, 0, 50]).map { $0?.window } == [nil, nil, .large])
        #expect(keeping.tables(forUses: [1, 0, 0]).map { $0?.window } == [.small, nil, .large])
        #expect(keeping.tables(forUses: [30, 0, 0]).map { $0?.window } == [.large, nil, .large])
        let forgetful = SignatureVerifier(publicKeys: keys, keepsTables: false, thresholds: thresholds)
        #expect(forgetful.tables(forUses: [19, 0, 50]).map { $0?.window } == [nil, nil, .large])
        #expect(forgetful.tables(forUses: [1, 0, 0]).map { $0?.window } == [nil, nil, nil])
    }

    /// A pinned key that libsodium refuses has no table, and nothing under it is valid.
    @Test(arguments: engines) func aRefusedKey(engine: Ed25519Engine) throws {
        let small = OddSignatures.smallOrder[3]
        let verifier = SignatureVerifier(
            publicKeys: [small], engine: engine, thresholds: .init(small: 1, large: 2))
        let signature = try #require(SignatureBytes(small + [UInt8](repeating: 0, count: 32)))
        let question = SignatureVerifier.Question(key: 0, signature: signature, message: .zero)
        let tables = verifier.tables(forUses: [5])
        #expect(tables.map { $0 == nil } == [true])
        #expect(verifier.verdicts(on: [question], with: tables) == [false])
    }

    /// One chain, with signatures that are odd in every way a head can be: the same findings by every engine.
    @Test(arguments: engines, [1, 3]) func headsAreJudgedAlike(engine: Ed25519Engine, jobs: Int) async throws {
        var log = TestLog()
        for index in 0..<200 {
            log.register("user\(index)")
            try log.publish { lies in
                switch index % 6 {
                case 1: lies.signers = [0, 0, 1, 2]
                case 2: lies.signatures = #"[{"cosigner":"cosigner_1","sig":"no"},{"cosigner":"x"},{"sig":5}]"#
                // To explain a signature that does not verify is slow in a debug build: not too many.
                case 3 where index < 24: lies.signedPolicy = #"{"t":1,"n":3}"#
                case 4: lies.signatures = "[]"
                case 5: lies.signers = [1, 2]
                default: lies.signers = [0, 1, 2]
                }
            }
        }
        let trust = try log.trust()
        let alone = HeadVerifier(trust: trust, engine: .sodium)
        let expected = log.heads.map(alone.verify)
        let judged = await HeadVerifier(trust: trust, engine: engine).verify(log.heads, jobs: jobs)
        #expect(judged == expected)
        #expect(Set(expected.map(\.signers)).count == 3)
    }
}
