/// Steps through JSON in the form that servers usually write: no escapes, ASCII alone, integers alone.
///
/// It says nil to all else, malformed or not, and the strict reader then decides: what both read is the same.
struct UsualJSON {
    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Takes a byte of structure, and the white space before it.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipWhiteSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    /// Whether nothing but white space is left.
    mutating func isAtEnd() -> Bool {
        skipWhiteSpace()
        return position == bytes.count
    }

    /// A string without escapes.
    mutating func string() -> UnsafeBufferPointer<UInt8>? {
        guard take("\"") else { return nil }
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return UnsafeBufferPointer(rebasing: bytes[start..<position])
            }
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
            position += 1
        }
        return nil
    }

    /// A member's name and the colon behind it.
    mutating func name() -> UnsafeBufferPointer<UInt8>? {
        guard let name = string(), take(":") else { return nil }
        return name
    }

    /// Plain decimal digits up to 2^53 - 1.
    mutating func integer() -> UInt64? {
        skipWhiteSpace()
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, position - start <= 16, case let digit = bytes[position] &- 0x30, digit < 10 {
            value = value * 10 + UInt64(digit)
            position += 1
        }
        let count = position - start
        guard count > 0, count == 1 || bytes[start] != 0x30, value <= JSONNumber.largestPlainInteger else { return nil }
        // What goes on as a fraction or an exponent meets no byte of structure, and is refused there.
        return value
    }

    /// A string that is the strict base64 of so many bytes as there is room for.
    mutating func base64(into room: UnsafeMutableRawBufferPointer) -> Bool {
        guard take("\"") else { return false }
        let end = position + (room.count + 2) / 3 * 4
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return false }
        let text = UnsafeBufferPointer(rebasing: bytes[position..<end])
        guard Base64.decode(text, into: room) == room.count else { return false }
        position = end + 1
        return true
    }

    /// A string that is the strict base64 of a digest.
    mutating func digest() -> Digest? {
        var isRead = false
        let digest = Digest { isRead = base64(into: UnsafeMutableRawBufferPointer(start: $0, count: Digest.byteCount)) }
        return isRead ? digest : nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these are the bytes of a name.
    func isName(_ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != name.utf8Start[index] { return false }
        return true
    }
}
