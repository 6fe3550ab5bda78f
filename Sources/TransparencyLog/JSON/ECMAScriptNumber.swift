/// Numbers as ECMAScript prints them (ECMA-262, Number::toString), which RFC 8785, section 3.2.2.3, prescribes.
public enum ECMAScriptNumber {
    /// - Returns: nil for a number that is not finite as an IEEE 754 double.
    public static func format(_ lexeme: String) -> String? {
        // Most numbers are plain integers within 2^53, and are their own canonical form.
        if let plain = JSONNumber(lexeme: lexeme).plainInteger { return String(plain) }
        return Double(lexeme).flatMap(format)
    }

    public static func format(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        if value == 0 { return "0" }
        let (digits, point) = shortest(value.magnitude)
        let sign = value < 0 ? "-" : ""
        let count = digits.count
        switch point {
        case _ where point >= count && point <= 21:
            return sign + digits + String(repeating: "0", count: point - count)
        case 1...21:
            return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + digits
        default:
            let exponent = point - 1
            let mantissa = count == 1 ? digits : "\(digits.prefix(1)).\(digits.dropFirst())"
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
        }
    }

    /// The shortest decimal digits that read back as `value`, and where the point stands: 0.DIGITS × 10^point.
    ///
    /// Swift's `description` gives the same digits as ECMAScript (shortest, then closest), in another layout.
    private static func shortest(_ value: Double) -> (digits: String, point: Int) {
        let parts = value.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".")
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        let all = String(whole + fraction)
        let significant = all.drop { $0 == "0" }
        let point = whole.count - (all.count - significant.count) + exponent
        var digits = String(significant)
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, point)
    }
}
