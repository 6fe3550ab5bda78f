import Testing
import TransparencyLog

struct JSONElementsTests {
    static func split(_ text: String, maximum: Int = 10) throws -> [String]? {
        let bytes = Array(text.utf8)
        return try JSONElements.ranges(of: bytes, maximum: maximum)?.map { String(decoding: bytes[$0], as: UTF8.self) }
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

    @Test(arguments: ["[]", "[1]", "[1,2]", "[ [1,2] , {} ,\"a\" ]", "[0,0,0,0,0,0,0,0,0,0]"])
    func noMoreElementsThanAreWanted(text: String) throws {
        let all = try #require(try Self.split(text))
        #expect(try Self.split(text, maximum: all.count) == all)
        for maximum in 0..<all.count { #expect(try Self.split(text, maximum: maximum) == nil) }
    }

    /// Nothing is kept, or read, of what stands behind the last element that is wanted.
    @Test func whatIsTooMuchIsNotReadToItsEnd() throws {
        #expect(try Self.split("[1,2,", maximum: 1) == nil)
        #expect(throws: JSONError.self) { try Self.split("[1,2,", maximum: 2) }
    }
}
