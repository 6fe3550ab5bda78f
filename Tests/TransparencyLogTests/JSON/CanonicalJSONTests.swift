import HostileLog
import Testing
import TransparencyLog

struct CanonicalJSONTests {
    static func canonical(_ text: String, _ dialect: CanonicalJSON) throws -> String {
        String(decoding: try dialect.encode(JSONReader.parse(Array(text.utf8))), as: UTF8.self)
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(in: "jcs/testdata/input"))
    func rfc8785(path: String) throws {
        let input = try JSONReader.parse(PublicVectors.bytes(path))
        let expected = try PublicVectors.bytes(path.replacing("/input/", with: "/output/"))
        #expect(try CanonicalJSON.jcs.encode(input) == expected)
        // The same bytes, as the suite writes them in hexadecimal.
        let name = path.replacing("/input/", with: "/outhex/").replacing(".json", with: ".txt")
        let hex = String(decoding: try PublicVectors.bytes(name), as: UTF8.self).filter { !$0.isWhitespace }
        #expect(try CanonicalJSON.jcs.encode(input) == Hex.decode(hex))
    }

    @Test(
        .enabled(if: PublicVectors.arePresent, "public vectors are absent"),
        arguments: PublicVectors.files(in: "jcs-es6-numbers"))
    func ecmaScriptNumbers(path: String) throws {
        let lines = String(decoding: try PublicVectors.bytes(path), as: UTF8.self).split(separator: "\n")
        #expect(lines.count >= 1_000)
        for line in lines {
            let parts = line.split(separator: ",")
            let bits = try #require(UInt64(parts[0], radix: 16))
            #expect(ECMAScriptNumber.format(Double(bitPattern: bits)) == String(parts[1]))
        }
    }

    @Test(arguments: [
        ("-0", "0"), ("1.0", "1"), ("1e3", "1000"), ("1e21", "1e+21"),
        ("999999999999999900000", "999999999999999900000"),
        ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("-1.50", "-1.5"), ("9007199254740993", "9007199254740992"),
        ("333333333.33333329", "333333333.3333333"), ("1E30", "1e+30"), ("4.50", "4.5"), ("2e-3", "0.002"),
    ])
    func numbers(lexeme: String, expected: String) throws {
        #expect(try Self.canonical(lexeme, .jcs) == expected)
    }

    @Test func numbersBeyondDoubleHaveNoCanonicalForm() {
        #expect(throws: JSONError.self) { try Self.canonical("[1e400]", .jcs) }
    }

    @Test func namesAreOrderedByUTF16CodeUnits() throws {
        // U+1F600 begins with the unit D83D, and so stands before U+FB33, though its UTF-8 bytes are larger.
        #expect(try Self.canonical("{\"\u{FB33}\":1,\"\u{1F600}\":2}", .jcs) == "{\"\u{1F600}\":2,\"\u{FB33}\":1}")
    }

    @Test func shallowKeepsOnlyTheOuterNamesInsideToo() throws {
        let head = #"{"tree_size":5,"policy":{"t":2,"n":3},"z":[{"z":1,"a":2,"policy":{"z":0,"t":1}}]}"#
        #expect(
            try Self.canonical(head, .shallow)
                == #"{"policy":{},"tree_size":5,"z":[{"policy":{"z":0},"z":1}]}"#)
        #expect(
            try Self.canonical(head, .jcs)
                == #"{"policy":{"n":3,"t":2},"tree_size":5,"z":[{"a":2,"policy":{"t":1,"z":0},"z":1}]}"#)
    }

    /// Thousands of names beside thousands of objects, as a stranger's evidence may have: not each name in each object.
    @Test(.timeLimit(.minutes(1))) func shallowTakesManyNamesAndObjects() throws {
        let names = (0..<20_000).map { JSONMember("name\($0)", .integer($0)) }
        let inner = JSONValue.array(Array(repeating: .object([JSONMember("name7", .null)]), count: 20_000))
        let bytes = try CanonicalJSON.shallow.encode(.object(names + [JSONMember("z", inner)]))
        #expect(bytes.count { $0 == UInt8(ascii: "{") } == 20_001)
        #expect(
            String(decoding: bytes.suffix(30), as: UTF8.self).hasSuffix(#"{"name7":null},{"name7":null}]}"#.suffix(30)))
    }
}
