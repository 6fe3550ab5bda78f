import TransparencyLog

/// The parameters of one question, all of them known and given once.
struct StatusQuery {
    /// What is wrong with a question, for a 400.
    struct Invalid: Error {
        let message: String
    }

    static let limits = 1...100
    static let usualLimit = 20

    private var values: [String: String] = [:]

    /// - Parameter pairs: names and values as they stand in the address, decoded.
    init(_ pairs: [(String, String)], known: Set<String>) throws(Invalid) {
        for (name, value) in pairs {
            guard known.contains(name) else {
                let names = known.sorted().joined(separator: ", ")
                throw Invalid(message: "unknown parameter; known are \(names.isEmpty ? "none" : names)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Invalid(message: "\(name) is given twice")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    func limit() throws(Invalid) -> Int {
        guard let value = try number("limit", digits: 3) else { return Self.usualLimit }
        guard let limit = Int(exactly: value), Self.limits.contains(limit) else {
            throw Invalid(message: "limit: must be from \(Self.limits.lowerBound) to \(Self.limits.upperBound)")
        }
        return limit
    }

    /// Decimal digits alone.
    func number(_ name: String, digits: Int = 18) throws(Invalid) -> UInt64? {
        guard let text = values[name] else { return nil }
        guard (1...digits).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = UInt64(text)
        else { throw Invalid(message: "\(name): must be at most \(digits) decimal digits") }
        return value
    }

    /// A page behind the id of the last entry seen.
    func page() throws(Invalid) -> StatusPage<Int64> {
        StatusPage(after: try number("cursor").map { Int64($0) }, limit: try limit())
    }

    func headPage() throws(Invalid) -> StatusPage<HeadCursor> {
        var page = StatusPage<HeadCursor>(limit: try limit())
        if let text = values["cursor"] {
            guard let cursor = HeadCursor(text) else {
                throw Invalid(message: "cursor: must be the next_cursor of an answer")
            }
            page.after = cursor
        }
        return page
    }

    func rule() throws(Invalid) -> Rule? {
        guard let text = values["rule"] else { return nil }
        guard let rule = Rule(rawValue: text) else {
            throw Invalid(message: "rule: is no rule id; see docs/FINDINGS.md")
        }
        return rule
    }
}
