import Testing
import TransparencyLog

struct JSONElementsTests {
    static func split(_ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        return try JSONElements.ranges(of: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(arguments: [
        ("[]", []), (" [ ] \n", []), ("[1]", ["1"]), ("[ {\"a\":[1,2]} , \"],[\" ]", ["{\"a\":[1,2]}", "\"],[\""]),
        (#"["\\","\"",{}]"#, [#""\\""#, #""\"""#, "{}"]), ("[1 2,{\"a\":}]", ["1 2", "{\"a\":}"]),
    ])
    func elements(text: String, expected: [String]) throws {
        #expect(try Self.split(text) == expected)
    }

    @Test(arguments: [
        "", "{}", "[", "[1", "[1,]", "[,1]", "[1,,2]", "[\"]", "[]]", "[{]}]", "[(}]", "[] []",
        "[" + String(repeating: "[", count: 65),
    ])
    func whatIsNoArrayIsRefused(text: String) {
        #expect(throws: JSONError.self) { try Self.split(text) }
    }
}
