import Foundation

/// A second implementation of strict JSON and of both canonical forms, against which the product's is held.
///
/// It is slow, and written from RFC 8259, RFC 8785 and ECMA-262 alone: scalars in an array, and a function a rule.
indirect enum PlainJSON: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String.UnicodeScalarView)
    case array([PlainJSON])
    case object([(name: String.UnicodeScalarView, value: PlainJSON)])

    static func == (left: PlainJSON, right: PlainJSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.elementsEqual(right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.elementsEqual(right) { $0.name.elementsEqual($1.name) && $0.value == $1.value }
        default: false
        }
    }
}

extension PlainJSON {
    struct Refused: Error {}

    /// - Throws: `Refused` for what is no strict JSON.
    static func parse(_ bytes: [UInt8]) throws(Refused) -> PlainJSON {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Refused() }
        var reader = Reader(scalars: Array(text.unicodeScalars))
        let value = try reader.value(depth: 0)
        guard reader.place == reader.scalars.count else { throw Refused() }
        return value
    }

    private struct Reader {
        let scalars: [Unicode.Scalar]
        var place = 0

        mutating func space() {
            while place < scalars.count, "\u{20}\n\r\t".unicodeScalars.contains(scalars[place]) { place += 1 }
        }

        mutating func take(_ text: String) -> Bool {
            guard scalars[place...].starts(with: text.unicodeScalars) else { return false }
            place += text.unicodeScalars.count
            return true
        }

        /// White space around it included.
        mutating func value(depth: Int) throws(Refused) -> PlainJSON {
            guard depth <= 64 else { throw Refused() }
            space()
            let value: PlainJSON
            if take("null") {
                value = .null
            } else if take("true") {
                value = .bool(true)
            } else if take("false") {
                value = .bool(false)
            } else if take("\"") {
                value = .string(try string())
            } else if take("[") {
                value = .array(try array(depth: depth + 1))
            } else if take("{") {
                value = .object(try object(depth: depth + 1))
            } else {
                value = .number(try number())
            }
            space()
            return value
        }

        mutating func array(depth: Int) throws(Refused) -> [PlainJSON] {
            guard depth <= 64 else { throw Refused() }
            var elements: [PlainJSON] = []
            space()
            if take("]") { return elements }
            repeat { elements.append(try value(depth: depth)) } while take(",")
            guard take("]") else { throw Refused() }
            return elements
        }

        mutating func object(depth: Int) throws(Refused) -> [(name: String.UnicodeScalarView, value: PlainJSON)] {
            guard depth <= 64 else { throw Refused() }
            var members: [(name: String.UnicodeScalarView, value: PlainJSON)] = []
            space()
            if take("}") { return members }
            repeat {
                space()
                guard take("\"") else { throw Refused() }
                let name = try string()
                guard !members.contains(where: { $0.name.elementsEqual(name) }) else { throw Refused() }
                space()
                guard take(":") else { throw Refused() }
                members.append((name, try value(depth: depth)))
            } while take(",")
            guard take("}") else { throw Refused() }
            return members
        }

        mutating func string() throws(Refused) -> String.UnicodeScalarView {
            // UTF-16 units, as escapes name them; a lone surrogate makes them no string.
            var units: [UInt16] = []
            while place < scalars.count {
                let scalar = scalars[place]
                place += 1
                switch scalar {
                case "\"":
                    guard let text = String(validating: units, as: UTF16.self) else { throw Refused() }
                    return text.unicodeScalars
                case "\\": units.append(try escape())
                case "\0"..<" ": throw Refused()
                default: units.append(contentsOf: UTF16.encode(scalar).map(Array.init) ?? [])
                }
            }
            throw Refused()
        }

        private mutating func escape() throws(Refused) -> UInt16 {
            guard place < scalars.count else { throw Refused() }
            defer { place += 1 }
            switch scalars[place] {
            case "\"": return 0x22
            case "\\": return 0x5C
            case "/": return 0x2F
            case "b": return 8
            case "f": return 12
            case "n": return 10
            case "r": return 13
            case "t": return 9
            case "u":
                let digits = scalars[(place + 1)...].prefix(4)
                guard digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.properties.isASCIIHexDigit }),
                    let unit = UInt16(String(String.UnicodeScalarView(digits)), radix: 16)
                else { throw Refused() }
                place += 4
                return unit
            default: throw Refused()
            }
        }

        private mutating func number() throws(Refused) -> String {
            let run = scalars[place...].prefix { "+-.eE0123456789".unicodeScalars.contains($0) }
            place += run.count
            let text = String(String.UnicodeScalarView(run))
            let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
            let digits = halves[0].hasPrefix("-") ? halves[0].dropFirst() : halves[0]
            let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard Self.areDigits(parts[0]), parts[0].count == 1 || parts[0].first != "0" else { throw Refused() }
            if parts.count == 2, !Self.areDigits(parts[1]) { throw Refused() }
            if halves.count == 2 {
                let exponent = halves[1].first == "+" || halves[1].first == "-" ? halves[1].dropFirst() : halves[1]
                guard Self.areDigits(exponent) else { throw Refused() }
            }
            return text
        }

        private static func areDigits(_ text: Substring) -> Bool {
            !text.isEmpty && text.allSatisfy { ("0"..."9").contains($0) }
        }
    }
}
