/// The headers of one answer, as far as somebody asks for them.
package struct ResponseHeaders {
    private static let wanted: Set<String> = ["etag", "last-modified", "content-range", "date", "retry-after"]

    private var fields: [String: String] = [:]

    package init() {}

    package subscript(name: String) -> String? { fields[name] }

    /// Takes in one line as it came. A status line begins another answer: the one before was provisional.
    package mutating func take(_ line: some Collection<UInt8>) {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") { fields = [:] }
        guard let colon = text.firstIndex(of: ":") else { return }
        let name = text[..<colon].lowercased()
        guard Self.wanted.contains(name) else { return }
        let isSpace = { (character: Character) in character == " " || character == "\t" || character.isNewline }
        var value = text[text.index(after: colon)...].drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        fields[name] = String(value)
    }

    /// The bytes of the whole file, of `bytes 0-99/1234`.
    package var totalBytes: UInt64? {
        guard let range = fields["content-range"], let slash = range.lastIndex(of: "/") else { return nil }
        return UInt64(range[range.index(after: slash)...])
    }
}
