import CFastEd25519
import HostileLog
import Testing

@testable import TransparencyLog

/// The tables by themselves against libsodium: equal verdicts, not only safe ones.
@Suite struct FastEd25519Tests {
    struct Way: Sendable, CustomTestStringConvertible {
        var engine: Ed25519Engine
        var window: Int32
        var testDescription: String { "\(engine.rawValue), windows of \(window) bits" }
    }

    static let ways = [Ed25519Engine.portable, .ifma].filter(\.isAvailable).flatMap { engine in
        [Int32(4), 8].map { Way(engine: engine, window: $0) }
    }

    typealias Item = (key: [UInt8], signature: [UInt8], message: [UInt8])

    @Test(arguments: ways) func oddSignatures(way: Way) {
        var source = OddSignatures(seed: 6)
        var kinds: [OddSignatures.Kind: Int] = [:]
        let cases = (0..<3_000).map { _ in source.next() }
        for odd in cases {
            let valid = Ed25519.verifies(signature: odd.signature, message: odd.message, publicKey: odd.key)
            kinds[odd.kind, default: 0] += valid ? 1 : 0
        }
        // The sample has both verdicts where both can be had, so that agreement says something.
        #expect(kinds[.honest, default: 0] > 100 && kinds[.mixedKey, default: 0] > 10)
        #expect(kinds[.smallOrderR] == 0 && kinds[.largeS] == 0 && kinds[.oddEncodedR] == 0)
        var differential = TableDifferential(engine: way.engine, window: way.window)
        let couldRun = differential.compare(cases.map { ($0.key, $0.signature, $0.message) })
        #expect(couldRun && differential.compared == 3_000 && differential.accepted > 100)
        #expect(differential.differences == [])
    }

    /// Each count around the edges of groups and blocks, the last one wrong.
    @Test(arguments: ways) func everyCount(way: Way) throws {
        let key = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: 9, count: 32)))
        let base = fast_ed25519_table_make(nil, way.window)
        let table = fast_ed25519_table_make(key.publicKey, way.window)
        defer {
            fast_ed25519_table_free(base)
            fast_ed25519_table_free(table)
        }
        let message = [UInt8](repeating: 7, count: 32)
        let signature = key.signature(for: message)
        var wrong = signature
        wrong[40] ^= 1
        for count in [1, 2, 7, 8, 9, 255, 256, 257, 263, 513] {
            var accepted = [UInt8](repeating: 9, count: count)
            signature.withUnsafeBufferPointer { right in
                wrong.withUnsafeBufferPointer { wrong in
                    message.withUnsafeBufferPointer { message in
                        let items = (1...count).map {
                            fast_ed25519_item(
                                table: table, signature: ($0 < count ? right : wrong).baseAddress,
                                message: message.baseAddress, message_length: 32)
                        }
                        #expect(fast_ed25519_verify(way.engine.native, base, items, count, &accepted) == 0)
                    }
                }
            }
            #expect(accepted == [UInt8](repeating: 1, count: count - 1) + [0])
        }
    }

    /// Keys without a table, and with one of another window, are rejected: libsodium then decides.
    @Test(arguments: ways) func strangeTables(way: Way) throws {
        let key = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: 9, count: 32)))
        let base = fast_ed25519_table_make(nil, way.window)
        let tables =
            [nil, fast_ed25519_table_make(key.publicKey, way.window)]
            + [fast_ed25519_table_make(key.publicKey, 12 - way.window)]
        defer { for table in tables + [base] { fast_ed25519_table_free(table) } }
        let bytes = key.signature(for: [UInt8](repeating: 7, count: 32)) + [UInt8](repeating: 7, count: 32)
        var accepted: [UInt8] = [9, 9, 9]
        bytes.withUnsafeBufferPointer { bytes in
            let items = tables.map {
                fast_ed25519_item(
                    table: $0, signature: bytes.baseAddress, message: bytes.baseAddress.map { $0 + 64 },
                    message_length: 32)
            }
            #expect(fast_ed25519_verify(way.engine.native, base, items, 3, &accepted) == 0)
        }
        #expect(accepted == [0, 1, 0])
    }

    /// No table is made for a key that libsodium takes from nobody.
    @Test func refusedKeys() {
        let odd = OddSignatures.smallOrder + OddSignatures.oddEncodings
        #expect(Set(OddSignatures.smallOrder).count == 8)
        for key in odd { #expect(fast_ed25519_table_make(key, 4) == nil, "\(Hex.encode(key))") }
    }

    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent"), arguments: ways)
    func publicVectors(way: Way) throws {
        let cases = try Self.everyVector()
        var differential = TableDifferential(engine: way.engine, window: way.window)
        let couldRun = differential.compare(cases)
        #expect(couldRun && differential.compared > 1_500 && differential.accepted > 300)
        #expect(differential.differences == [])
    }

    /// CCTV, ZIP-215, speccheck and Wycheproof from the rule matrix; RFC 8032; the original suite's first 256.
    private static func everyVector() throws -> [Item] {
        func item(_ key: String, _ signature: String, _ message: String) throws -> Item {
            (try #require(Hex.decode(key)), try #require(Hex.decode(signature)), try #require(Hex.decode(message)))
        }
        var items: [Item] = []
        for line in try PublicVectors.bytes("derived/ed25519-rule-matrix.jsonl").split(separator: 0x0A) {
            let vector: Ed25519Tests.MatrixCase = try Ed25519Tests.decode(line)
            items.append(try item(vector.key, vector.sig, vector.msg))
        }
        let published: [Ed25519Tests.RFC8032] = try Ed25519Tests.decode(
            PublicVectors.bytes("rfc8032/rfc8032-7.1.json"))
        for vector in published { items.append(try item(vector.public, vector.signature, vector.message)) }
        for line in try PublicVectors.bytes("noble-ed25519/sign.input.first256").split(separator: 0x0A) {
            // Secret and public key, public key, message, signature and message.
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            items.append(try item(fields[1], String(fields[3].prefix(128)), fields[2]))
        }
        return items
    }
}
