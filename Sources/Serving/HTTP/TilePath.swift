/// The path of a tile of hashes (C2SP tlog-tiles, "Merkle Tree"): `<level>/<index>[.p/<width>]`, the index in groups of
/// three digits, all but the last with an `x`.
package struct TilePath: Hashable, Sendable {
    static let height = 8
    static let width: UInt64 = 256
    /// A tree of 2^53 leaves has no more levels of tiles.
    private static let maximumLevel = 6

    package let level: Int
    package let index: UInt64
    /// Hashes in the tile: 256, or fewer in a partial one.
    package let count: Int

    /// - Returns: nil for anything but the one spelling of a tile's path.
    package init?(_ path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, let level = Self.plain(parts.removeFirst()), level <= Self.maximumLevel else {
            return nil
        }
        var count = Int(Self.width)
        if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            guard let width = Self.plain(parts.removeLast()), (1..<Int(Self.width)).contains(width) else { return nil }
            count = width
            parts.append(String(parts.removeLast().dropLast(2)))
        }
        var index: UInt64 = 0
        // 18 digits are more than any index has, and fit.
        guard parts.count <= 6 else { return nil }
        for (place, part) in parts.enumerated() {
            var digits = part[...]
            if place < parts.count - 1 {
                guard digits.first == "x" else { return nil }
                digits.removeFirst()
            }
            guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt64(digits)
            else { return nil }
            // Leading groups of zeros would be a second spelling.
            if place == 0, number == 0, parts.count > 1 { return nil }
            index = index * 1_000 + number
        }
        guard index < 1 << 45 else { return nil }
        self.level = level
        self.index = index
        self.count = count
    }

    /// Decimal digits without leading zeros.
    private static func plain(_ text: String) -> Int? {
        guard let number = Int(text), String(number) == text, number >= 0 else { return nil }
        return number
    }
}
