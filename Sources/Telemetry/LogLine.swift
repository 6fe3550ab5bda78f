import Logging

/// Writes the one object of a log line.
struct LogLine {
    private var text = String.UnicodeScalarView()

    mutating func open(_ key: String, _ value: String) {
        text.append("{")
        write(key)
        text.append(":")
        write(value)
    }

    mutating func add(_ key: String, _ value: String) {
        text.append(",")
        write(key)
        text.append(":")
        write(value)
    }

    mutating func add(_ key: String, _ metadata: Logger.Metadata) {
        text.append(",")
        write(key)
        text.append(":")
        write(.dictionary(metadata))
    }

    mutating func close() -> String {
        text.append("}")
        return String(text)
    }

    /// Dictionaries by sorted keys, so that equal events are equal lines.
    private mutating func write(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let string): write(string)
        case .stringConvertible(let value): write(converting: value)
        case .array(let values):
            text.append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { text.append(",") }
                write(value)
            }
            text.append("]")
        case .dictionary(let values):
            text.append("{")
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text.append(",") }
                write(key)
                text.append(":")
                write(value)
            }
            text.append("}")
        }
    }

    /// Numbers and truth values as JSON has them; all else, NaN too, as a string.
    private mutating func write(converting value: any CustomStringConvertible) {
        switch value {
        case let value as Bool: text.append(contentsOf: value.description.unicodeScalars)
        case let value as any BinaryInteger: text.append(contentsOf: String(value).unicodeScalars)
        case let value as Double where value.isFinite: text.append(contentsOf: value.description.unicodeScalars)
        default: write(value.description)
        }
    }

    /// A string literal. DEL and the C1 controls are escaped too, which JSON does not ask for: a terminal obeys them.
    private mutating func write(_ string: String) {
        text.append("\"")
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text.append(contentsOf: #"\""#.unicodeScalars)
            case "\\": text.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": text.append(contentsOf: #"\n"#.unicodeScalars)
            case "\r": text.append(contentsOf: #"\r"#.unicodeScalars)
            case "\t": text.append(contentsOf: #"\t"#.unicodeScalars)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let hex = String(scalar.value, radix: 16)
                text.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - hex.count))\(hex)".unicodeScalars)
            default: text.append(scalar)
            }
        }
        text.append("\"")
    }
}
