/// A pattern of ids: `*` stands for any run of bytes, an empty one included; all else stands for itself, byte by byte.
struct IDPattern: Hashable, Sendable {
    private let prefix: [UInt8]
    /// What stands between two stars.
    private let parts: [[UInt8]]
    private let suffix: [UInt8]

    /// - Returns: nil where there is no star: that is an id.
    init?(_ text: String) {
        var runs = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
        guard runs.count > 1, let suffix = runs.popLast() else { return nil }
        prefix = runs.removeFirst()
        parts = runs.filter { !$0.isEmpty }
        self.suffix = suffix
    }

    func matches(_ id: [UInt8]) -> Bool {
        guard id.count >= prefix.count + suffix.count, id.starts(with: prefix),
            id.suffix(suffix.count).elementsEqual(suffix)
        else { return false }
        // The first place is as good as any other: what is behind it is longest there.
        var rest = id[prefix.count..<(id.count - suffix.count)]
        for part in parts {
            guard let place = rest.firstRange(of: part) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }
}
