/// Reads settings from the environment. Values are not repeated in messages: one may be a secret in the wrong place.
struct SettingReader {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    func integer(_ name: String, _ other: Int, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let text = value(name) else { return other }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError("\(name): must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ name: String, _ other: Double, _ range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        guard let text = value(name) else { return other }
        guard let number = Double(text), range.contains(number) else {
            throw ConfigurationError("\(name): must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// So many a second; 0 is no limit. With less than one in a thousand seconds there would be waits that no number holds.
    func rate(_ name: String, _ other: Double) throws(ConfigurationError) -> Double {
        guard let text = value(name) else { return other }
        guard let number = Double(text), number == 0 || (0.001...1e6).contains(number) else {
            throw ConfigurationError("\(name): must be 0 for no limit, or a number from 0.001 to 1000000")
        }
        return number
    }

    func flag(_ name: String, _ other: Bool) throws(ConfigurationError) -> Bool {
        switch value(name) {
        case nil: return other
        case "0": return false
        case "1": return true
        default: throw ConfigurationError("\(name): must be 0 or 1")
        }
    }

    /// Entries with commas between them.
    ///
    /// - Parameter meaning: what each must be.
    func list<Entry>(
        _ name: String, _ meaning: String, _ read: (String) -> Entry?
    ) throws(ConfigurationError) -> [Entry] {
        let texts = (value(name) ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        var entries: [Entry] = []
        for text in texts where !text.isEmpty {
            guard let entry = read(text) else {
                throw ConfigurationError("\(name): entry \(entries.count + 1) must be \(meaning)")
            }
            entries.append(entry)
        }
        return entries
    }
}
