/// Times and spans as text, the same on every machine: no locale, no time zone, no library's table.
public enum UTCTime {
    /// `2026-11-04 17:03:09 UTC`, from seconds since 1970.
    public static func text(_ seconds: UInt64) -> String {
        let time = seconds % 86_400
        return "\(day(seconds)) \(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) UTC"
    }

    /// `2026-11-04 17:03`.
    public static func minute(_ seconds: UInt64) -> String {
        let time = seconds % 86_400
        return "\(day(seconds)) \(two(time / 3_600)):\(two(time / 60 % 60))"
    }

    /// `2026-11-04T17:03:09Z` (RFC 3339).
    public static func timestamp(_ seconds: UInt64) -> String {
        let time = seconds % 86_400
        return "\(day(seconds))T\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }

    /// `2026-11-04`: the civil calendar in eras of 400 years, which begin in March.
    public static func day(_ seconds: UInt64) -> String {
        let days = seconds / 86_400 + 719_468
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = String(era * 400 + yearOfEra + (month <= 2 ? 1 : 0))
        return "\(String(repeating: "0", count: max(0, 4 - year.count)))\(year)-\(two(month))-\(two(day))"
    }

    /// A span in its two largest units, `3 d 4 h`.
    public static func span(_ seconds: UInt64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
        return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    private static func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : String(number) }
}
