/// The labels of one series, as they stand between the braces: names sorted, values escaped.
///
/// Compared by bytes. Swift's strings are equal when canonically equivalent, but to Prometheus "é" and "e" with an accent
/// behind it are two values, and one series must not swallow the other.
struct LabelSet: Hashable, Comparable {
    private let bytes: [UInt8]

    /// - Parameter reserved: a label name that the family writes itself (`le` of a histogram).
    init(_ dimensions: [(String, String)], reserved: String? = nil) {
        // Of a name given twice the last value stands: a series with it twice would make the whole page unreadable.
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let name = MetricName.label(name)
            values[name == reserved ? "exported_\(name)" : name] = value
        }
        let text = values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(PrometheusText.escapeValue($0.value))\"" }
            .joined(separator: ",")
        bytes = Array(text.utf8)
    }

    /// The labels as they were given, read back from the text.
    var values: [String: String] {
        var values: [String: String] = [:]
        var rest = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals])
            // Behind the equals sign and the quote.
            rest = rest[equals...].dropFirst(2)
            var value = String.UnicodeScalarView()
            while let scalar = rest.popFirst(), scalar != "\"" {
                guard scalar == "\\" else {
                    value.append(scalar)
                    continue
                }
                if let escaped = rest.popFirst() { value.append(escaped == "n" ? "\n" : escaped) }
            }
            values[name] = String(value)
            if rest.first == "," { rest.removeFirst() }
        }
        return values
    }

    /// In braces, nothing if there are no labels, with one more label behind them where one is given.
    func braces(and extra: String? = nil) -> String {
        let own = bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        let all = [own, extra].compactMap { $0 }.joined(separator: ",")
        return all.isEmpty ? "" : "{\(all)}"
    }

    static func < (left: LabelSet, right: LabelSet) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
