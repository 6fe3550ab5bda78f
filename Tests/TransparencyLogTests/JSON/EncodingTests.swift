import Foundation
import Testing
import TransparencyLog

struct EncodingTests {
    /// Foundation's encoder is the oracle for every length around a group.
    @Test func base64IsThatOfFoundation() {
        for length in 0...70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 0xFB &- 89 &* $0) }
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes) == text)
            #expect(Base64.encode(bytes.reversed()) == Data(bytes.reversed()).base64EncodedString())
            #expect(Base64.decode(JSONText(text)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
            #expect(Hex.encode(bytes) == bytes.map { String(format: "%02x", $0) }.joined())
        }
    }

    /// Of all texts of four letters out of these, only the strict spellings are read: those that encode back to themselves.
    @Test func onlyOneSpellingIsRead() throws {
        let letters = Array("AQgw/9=- \n".utf8)
        var read = 0
        for index in 0..<10_000 {
            let text = [index / 1_000, index / 100 % 10, index / 10 % 10, index % 10].map { letters[$0] }
            guard let bytes = Base64.decode(text) else { continue }
            read += 1
            #expect(Array(Base64.encode(bytes).utf8) == text)
        }
        // 6^4 without padding; 6^2 · 4 and 6 · 4 with it, since four of the letters (A, Q, g, w) have zero trailing bits.
        #expect(read == 1_296 + 144 + 24)
    }

    @Test(arguments: [
        "A", "AA", "AAA", "=", "==", "====", "A===", "AA=A", "AAAA=", "AAAA====", "AB==", "AAB=", "AA==AAAA",
    ])
    func textsThatAreNotStrict(text: String) {
        #expect(Base64.decode(JSONText(text)) == nil)
    }

    @Test func digestsAreReadFrom32BytesAlone() throws {
        let digest = Digest.sha256([1])
        #expect(Digest(base64: JSONText(digest.base64)) == digest)
        for length in [30, 31, 33] {
            let bytes = [UInt8](repeating: 1, count: length)
            #expect(Digest(base64: JSONText(Base64.encode(bytes))) == nil)
            #expect(Digest(bytes) == nil)
        }
        let text = Array(digest.base64.utf8)
        for index in text.indices {
            var broken = text
            broken[index] = UInt8(ascii: "*")
            #expect(Digest(base64: JSONText(utf8: broken)) == nil)
        }
    }

    /// The order of UTF-8 bytes with its one correction is that of UTF-16 code units.
    @Test func namesPrecedeAsUTF16Does() {
        var random = SplitMix64(state: 1)
        let alphabet = [
            0x00, 0x61, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xEFFF, 0xF000, 0xFB33, 0xFFFD, 0xFFFF, 0x1_0000,
            0x1_F600, 0x4_0000, 0x10_FFFF,
        ].compactMap { Unicode.Scalar($0) }
        for round in 0..<50_000 {
            // Half of the texts from the borders of the encodings, so that long common beginnings occur.
            func text() -> String {
                var scalars = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    let any = Unicode.Scalar(UInt32.random(in: 0...0x10_FFFF, using: &random))
                    if round.isMultiple(of: 2), let any {
                        scalars.append(any)
                    } else {
                        scalars.append(alphabet[Int.random(in: alphabet.indices, using: &random)])
                    }
                }
                return String(scalars)
            }
            let (left, right) = (text(), text())
            #expect(
                CanonicalJSON.utf16Precedes(JSONText(left), JSONText(right))
                    == left.utf16.lexicographicallyPrecedes(right.utf16))
        }
    }

    /// A generator with a fixed seed, so that every run is alike.
    struct SplitMix64: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }
    }
}
