/// HTML being written: elements by name, everything else escaped.
public struct HTMLText {
    public private(set) var text = ""

    public init() {}

    /// An element, its attributes escaped, with what `body` writes inside.
    public mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
        _ body: (inout HTMLText) -> Void
    ) {
        open(name, attributes)
        body(&self)
        text += "</\(name)>"
    }

    public mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: String
    ) {
        element(name, attributes) { $0.write(content) }
    }

    public mutating func element(_ name: StaticString, _ content: String) { element(name, [:], content) }

    /// An element without an end, such as `meta`.
    public mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) {
        text += "<\(name)"
        for (name, value) in attributes { text += " \(name)=\"\(Self.escape(value, limit: .max))\"" }
        text += ">"
    }

    /// A text, however long; of one that a log wrote, a page shows the beginning.
    public mutating func write(_ content: String) { text += Self.escape(content, limit: 2_000) }
    public mutating func newline() { text += "\n" }

    /// Text of our own that is HTML already: a style sheet.
    public mutating func raw(_ html: StaticString) { text += "\(html)" }

    private static func escape(_ content: String, limit: Int) -> String {
        var escaped = ""
        for character in Printable.text(content, limit: limit).unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
