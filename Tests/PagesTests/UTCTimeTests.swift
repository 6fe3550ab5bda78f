import Foundation
import Pages
import Testing

struct UTCTimeTests {
    @Test(arguments: [0, 951_782_400, 951_868_799, 1_709_164_800, 4_107_542_400, 1_767_225_599, 253_402_300_799])
    func agreesWithFoundation(seconds: UInt64) {
        let formatter = ISO8601DateFormatter()
        #expect(UTCTime.timestamp(seconds) == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))))
    }

    @Test(arguments: [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (90_061, "1 d 1 h"), (86_460, "1 d")])
    func spans(seconds: UInt64, text: String) { #expect(UTCTime.span(seconds) == text) }

    @Test func theLargestTimestampDoesNotTrap() { #expect(UTCTime.day(1 << 53 - 1).hasPrefix("285428751-")) }

    @Test func hiddenCharactersAreShown() {
        #expect(Printable.text("a\u{202E}b\n\u{0}c") == "a\\u{202e}b\\u{a}\\u{0}c")
        #expect(Printable.text("abcdef", limit: 3) == "abc…")
    }
}
