/// What a text means for its reader; the style sheet gives it a colour.
public enum Tone: String, Sendable {
    case plain, good, bad, warn, muted
}

/// One value on a page.
public struct PageCell: Sendable {
    public var text: String
    public var tone: Tone
    /// Hashes and ids, in a fixed pitch.
    public var isCode: Bool
    /// Figures, aligned to the right.
    public var isNumber: Bool
    /// Where the text leads, as a relative URL of our own.
    public var link: String?

    public init(text: String, tone: Tone = .plain, isCode: Bool = false, isNumber: Bool = false, link: String? = nil) {
        self.text = text
        self.tone = tone
        self.isCode = isCode
        self.isNumber = isNumber
        self.link = link
    }

    public static func text(_ text: String, _ tone: Tone = .plain) -> PageCell { PageCell(text: text, tone: tone) }
    public static func code(_ text: String) -> PageCell { PageCell(text: text, isCode: true) }
    public static func number(_ value: some BinaryInteger) -> PageCell {
        PageCell(text: String(value), isNumber: true)
    }

    public static func link(_ text: String, to link: String) -> PageCell { PageCell(text: text, link: link) }
}

/// Rows under headings.
public struct PageTable: Sendable {
    public var headings: [String]
    public var rows: [[PageCell]]

    public init(headings: [String], rows: [[PageCell]]) {
        self.headings = headings
        self.rows = rows
    }
}
