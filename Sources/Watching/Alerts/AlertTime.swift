import Glibc

/// Times in messages.
enum AlertTime {
    /// RFC 3339 in UTC: `2026-01-31T12:00:00Z`.
    static func utc(_ seconds: UInt64) -> String {
        let parts = parts(seconds)
        return "\(pad(parts.tm_year + 1_900, 4))-\(pad(parts.tm_mon + 1, 2))-\(pad(parts.tm_mday, 2))"
            + "T\(clock(parts))Z"
    }

    /// RFC 5322 in UTC, for mail: `Sat, 31 Jan 2026 12:00:00 +0000`.
    static func mail(_ seconds: UInt64) -> String {
        let parts = parts(seconds)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(days[Int(parts.tm_wday)]), \(pad(parts.tm_mday, 2)) \(months[Int(parts.tm_mon)]) "
            + "\(pad(parts.tm_year + 1_900, 4)) \(clock(parts)) +0000"
    }

    private static func parts(_ seconds: UInt64) -> tm {
        // The year 9999 and no further: a larger one has no form in either format.
        var time = time_t(min(seconds, 253_402_300_799))
        var parts = tm()
        gmtime_r(&time, &parts)
        return parts
    }

    private static func clock(_ parts: tm) -> String {
        "\(pad(parts.tm_hour, 2)):\(pad(parts.tm_min, 2)):\(pad(parts.tm_sec, 2))"
    }

    private static func pad(_ number: Int32, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
