import Foundation

extension PlainJSON {
    /// RFC 8785; nil for a number that is not finite.
    func canonical() -> String? { write { $0.sorted { $0.name.precedes($1.name) } } }

    /// What `JSON.stringify(value, Object.keys(value).sort())` does.
    func shallow() -> String? {
        guard case .object(let members) = self else { return canonical() }
        let names = members.map(\.name).sorted { $0.precedes($1) }
        return write { members in
            names.compactMap { name in members.first { $0.name.elementsEqual(name) } }
        }
    }

    private typealias Members = [(name: String.UnicodeScalarView, value: PlainJSON)]

    private func write(_ order: (Members) -> Members) -> String? {
        switch self {
        case .null: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let text): return Self.number(text)
        case .string(let text): return Self.quoted(text)
        case .array(let elements):
            let texts = elements.compactMap { $0.write(order) }
            return texts.count == elements.count ? "[" + texts.joined(separator: ",") + "]" : nil
        case .object(let members):
            let ordered = order(members)
            let texts = ordered.compactMap { member in
                member.value.write(order).map { Self.quoted(member.name) + ":" + $0 }
            }
            return texts.count == ordered.count ? "{" + texts.joined(separator: ",") + "}" : nil
        }
    }

    private static func quoted(_ text: String.UnicodeScalarView) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": "\\\"", "\\": "\\\\", "\u{8}": "\\b", "\u{9}": "\\t", "\u{A}": "\\n", "\u{C}": "\\f", "\u{D}": "\\r",
        ]
        var output = "\""
        for scalar in text {
            if let escape = short[scalar] {
                output += escape
            } else if scalar.value < 0x20 {
                output += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }

    /// ECMA-262, Number::toString, with the C library's digits: the fewest that read back as the same number.
    private static func number(_ text: String) -> String? {
        let value = strtod(text, nil)
        guard value.isFinite else { return nil }
        if value == 0 { return "0" }
        for precision in 0...16 {
            var buffer = [CChar](repeating: 0, count: 40)
            _ = withVaList([Int32(precision), value.magnitude]) { vsnprintf(&buffer, buffer.count, "%.*e", $0) }
            let printed = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard strtod(printed, nil) == value.magnitude else { continue }
            let parts = printed.split(separator: "e")
            let digits = Array(parts[0].filter { $0 != "." })
            return (value < 0 ? "-" : "") + layout(String(digits), n: (Int(parts[1]) ?? 0) + 1)
        }
        return nil
    }

    /// - Parameter n: the number is 0.DIGITS times 10^n.
    private static func layout(_ digits: String, n: Int) -> String {
        let k = digits.count
        if k <= n, n <= 21 { return digits + String(repeating: "0", count: n - k) }
        if 0 < n, n <= 21 { return digits.prefix(n) + "." + digits.dropFirst(n) }
        if -6 < n, n <= 0 { return "0." + String(repeating: "0", count: -n) + digits }
        let exponent = (n - 1 < 0 ? "-" : "+") + String(abs(n - 1))
        return k == 1 ? digits + "e" + exponent : digits.prefix(1) + "." + digits.dropFirst() + "e" + exponent
    }
}

extension String.UnicodeScalarView {
    /// By UTF-16 units.
    fileprivate func precedes(_ other: Self) -> Bool {
        String(self).utf16.lexicographicallyPrecedes(String(other).utf16)
    }
}
