import TransparencyLog

extension FuzzTarget {
    /// The strict reader and both canonical forms, against `PlainJSON`.
    static let json = FuzzTarget("json") { bytes in
        let value = try? JSONReader.parse(bytes)
        let plain = try? PlainJSON.parse(bytes)
        try promise((value == nil) == (plain == nil), "one reads it, the other does not: \(plain == nil)")
        guard let value, let plain else { return }
        try promise(try PlainJSON.parse(value.bytes()) == plain, "another value when written again")
        try promise(try JSONReader.parse(value.bytes()) == value, "another value when read again")
        for (dialect, expected) in [(CanonicalJSON.jcs, plain.canonical()), (.shallow, plain.shallow())] {
            let found = try? dialect.encode(value)
            try promise(
                found.map { String(decoding: $0, as: UTF8.self) } == expected,
                "\(dialect): \(String(decoding: found ?? [], as: UTF8.self)), not \(expected ?? "refused")")
            guard let found else { continue }
            let again = try JSONReader.parse(found)
            try promise(try dialect.encode(again) == found, "\(dialect): the canonical form is not its own")
        }
    }

    /// An array split into its elements, against the array read as a whole.
    static let elements = FuzzTarget("elements") { bytes in
        let ranges = try? JSONElements.ranges(of: bytes, maximum: .max)
        if case .array(let elements) = try? JSONReader.parse(bytes) {
            let parts = try (ranges ?? []).map { try JSONReader.parse(bytes[$0]) }
            try promise(ranges != nil && parts == elements, "strict JSON, and split otherwise")
        }
        guard let ranges else { return }
        var end = 0
        for range in ranges {
            try promise(!range.isEmpty && range.lowerBound > end, "\(range) behind \(end)")
            end = range.upperBound
        }
        try promise(end < bytes.count || ranges.isEmpty, "the last element goes beyond the text")
        let count = ranges.count
        try promise(
            try JSONElements.ranges(of: bytes, maximum: count) == ranges, "a bound that is kept changes something")
        try promise(
            try count == 0 || JSONElements.ranges(of: bytes, maximum: count - 1) == nil, "more elements than the bound")
        // Elements that are all strict make a strict array.
        let areStrict = ranges.allSatisfy { (try? JSONReader.parse(bytes[$0])) != nil }
        let depth = ranges.contains { bytes[$0].count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") } >= 64 }
        try promise(!areStrict || depth || (try? JSONReader.parse(bytes)) != nil, "strict elements of no array")
    }

    /// Base64 and hexadecimal, against the definition.
    static let base64 = FuzzTarget("base64") { bytes in
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        func plain(_ text: [UInt8]) -> [UInt8]? {
            guard text.count % 4 == 0 else { return nil }
            let letters = text.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
            guard text.count - letters.count <= 2 else { return nil }
            var bits: [Bool] = []
            for letter in letters {
                guard let value = alphabet.firstIndex(of: letter) else { return nil }
                bits += (0..<6).reversed().map { value >> $0 & 1 == 1 }
            }
            let whole = bits.count / 8 * 8
            guard bits.count - whole < 6, bits[whole...].allSatisfy({ !$0 }) else { return nil }
            return stride(from: 0, to: whole, by: 8).map { start in
                bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
            }
        }
        let decoded = Base64.decode(bytes)
        try promise(decoded == plain(bytes), "decoded otherwise than by the definition")
        if let decoded {
            try promise(Array(Base64.encode(decoded).utf8) == bytes, "another spelling of the same bytes")
        }
        let encoded = Array(Base64.encode(bytes).utf8)
        try promise(Base64.decode(encoded) == bytes, "not what was encoded")
        try promise(Hex.decode(Hex.encode(bytes)) == bytes, "not what was encoded in hexadecimal")
        if let hex = Hex.decode(String(decoding: bytes, as: UTF8.self)) {
            try promise(Hex.encode(hex) == String(decoding: bytes, as: UTF8.self).lowercased(), "hexadecimal")
        }
        let digest = Digest(base64: JSONText(utf8: bytes))
        try promise(digest?.bytes == (decoded?.count == 32 ? decoded : nil), "a digest otherwise than its bytes")
    }
}
