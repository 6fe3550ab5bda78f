import HostileLog
import Testing
import TransparencyLog

struct JSONReaderTests {
    /// JSONTestSuite calls duplicate names valid; we refuse them, since readers differ in which of the two they take.
    static let refusedThoughValid = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]

    /// Our decisions where JSONTestSuite leaves the choice: numbers are kept as written, whatever their size; all the
    /// rest is not valid UTF-8, not UTF-8 at all, a lone surrogate, a byte order mark, or too deep.
    static func accepts(undecided name: String) -> Bool { name.hasPrefix("i_number_") }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(in: "JSONTestSuite/test_parsing"))
    func jsonTestSuite(path: String) throws {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let bytes = try PublicVectors.bytes(path)
        let expected =
            switch name.first {
            case "y": !Self.refusedThoughValid.contains(name)
            case "n": false
            default: Self.accepts(undecided: name)
            }
        let parsed = try? JSONReader.parse(bytes)
        #expect((parsed != nil) == expected)
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(in: "JSONTestSuite/test_transform"))
    func jsonTestSuiteTransformsAreKeptOrRefused(path: String) throws {
        let bytes = try PublicVectors.bytes(path)
        let refused = ["_key_nfc", "_key_nfd"].contains { path.contains($0) } ? false : nil
        let parsed = try? JSONReader.parse(bytes)
        if let refused { #expect((parsed == nil) == refused, "names that differ only in normal form are two names") }
        if path.contains("number_") { #expect(parsed != nil, "numbers are kept in the form they were written in") }
        if path.contains("object_same_key") || path.contains("surrogate") { #expect(parsed == nil) }
    }

    @Test(arguments: [
        ("", "the text ends where a value is expected", 1, 1),
        ("\u{FEFF}{}", "a byte order mark is not allowed", 1, 1),
        ("{\"a\":1,\n \"a\":2}", "the name \"a\" stands twice in one object", 2, 2),
        ("[1,]", "a value is expected", 1, 4),
        ("[01]", "a number may not begin with 0", 1, 3),
        ("\"\\ud800\"", "a lone surrogate", 1, 2),
        ("{} x", "unexpected bytes after the value", 1, 4),
    ])
    func rejectionsNameTheirPlace(text: String, reason: String, line: Int, column: Int) throws {
        let error = try #require(throws: JSONError.self) { try JSONReader.parse(Array(text.utf8)) }
        #expect(error.reason == reason)
        #expect(error.line == line)
        #expect(error.column == column)
    }

    @Test func depthIsBoundedAt64() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONReader.parse(nested(64)) }
        #expect(throws: JSONError.self) { try JSONReader.parse(nested(65)) }
    }

    @Test func sizeIsBounded() {
        #expect(throws: JSONError.self) { try JSONReader.parse(Array("[1,2]".utf8), maximumBytes: 4) }
    }

    @Test func duplicatesAreFoundInLargeObjectsToo() {
        let members = (0..<40).map { "\"m\($0)\":0" } + ["\"m3\":0"]
        let text = "{\(members.joined(separator: ","))}"
        #expect(throws: JSONError.self) { try JSONReader.parse(Array(text.utf8)) }
    }

    /// Cutting a valid text anywhere must fail, and must not crash.
    @Test func everyPrefixIsRefused() throws {
        let text = Array(#"{"a":[1,2.5e3,"\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true}}"#.utf8)
        _ = try JSONReader.parse(text)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try JSONReader.parse(text[..<length]) }
        }
    }
}
