/// The pieces of the Prometheus text format, version 0.0.4.
///
/// Escaping goes by Unicode scalar: "\r\n" is one Character, and by Character its newline would slip through.
enum PrometheusText {
    /// Backslash, quote and newline of a label value.
    static func escapeValue(_ value: String) -> String { escape(value, quote: true) }

    /// Backslash and newline of a HELP text.
    static func escapeHelp(_ help: String) -> String { escape(help, quote: false) }

    private static func escape(_ text: String, quote: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": result.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quote: result.append(contentsOf: #"\""#.unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Whole numbers as such, so that a tree size can be read and compared; others as the shortest that reads back.
    static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }
}
