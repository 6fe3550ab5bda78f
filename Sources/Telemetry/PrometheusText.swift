/// The pieces of the Prometheus text format, version 0.0.4, and of OpenMetrics.
///
/// Escaping goes by Unicode scalar: "\r\n" is one Character, and by Character its newline would slip through.
enum PrometheusText {
    /// Backslash, quote and newline of a label value.
    static func escapeValue(_ value: String) -> String { escape(value, quote: true) }

    /// Backslash and newline of a HELP text; OpenMetrics escapes its quotes too.
    static func escapeHelp(_ help: String, _ exposition: Exposition) -> String {
        escape(help, quote: exposition == .openMetrics)
    }

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

    /// The upper bound of a bucket; OpenMetrics asks for a floating point number even of a whole one.
    static func bound(_ value: Double, _ exposition: Exposition) -> String {
        exposition == .openMetrics && value.isFinite ? value.description : number(value)
    }

    /// Whole numbers as such, so that a tree size can be read and compared; others as the shortest that reads back.
    static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }
}
