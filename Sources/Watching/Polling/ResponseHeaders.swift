/// The headers of one answer, as far as somebody asks for them.
package struct ResponseHeaders {
    private static let wanted: Set<String> = [
        "etag", "last-modified", "content-range", "content-encoding", "date", "retry-after",
    ]

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

    /// Where a part begins, of `bytes 100-199/1234`; nil unless both ends are there, in their order.
    package var partStart: UInt64? {
        guard let range = fields["content-range"], range.hasPrefix("bytes ") else { return nil }
        let ends = range.dropFirst(6).prefix { $0 != "/" }.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]), first <= last else {
            return nil
        }
        return first
    }

    /// How the body is encoded, where it is.
    package var encoding: String? {
        fields["content-encoding"].flatMap { ["", "identity"].contains($0.lowercased()) ? nil : $0 }
    }

    /// The bytes of the whole file, of `bytes 0-99/1234`.
    package var totalBytes: UInt64? {
        guard let range = fields["content-range"], let slash = range.lastIndex(of: "/") else { return nil }
        return UInt64(range[range.index(after: slash)...])
    }
}
