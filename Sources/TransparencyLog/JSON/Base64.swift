/// Base64 by RFC 4648, section 4, read strictly: the standard alphabet, with padding and zero trailing bits, nothing
/// else (PROTOCOL, "JSON"). Every byte string then has one spelling, and no two spellings hide one key.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let pad = UInt8(ascii: "=")
    /// A letter's six bits; 0xFF for what is no letter.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        bytes.withContiguousStorageIfAvailable { encode(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes(encode)
    }

    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { encode(bytes, into: $0) }
    }

    /// Appends the spelling of some bytes.
    static func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: (bytes.count + 2) / 3 * 4) { text in
            let count = encode(bytes, into: text)
            output.append(contentsOf: text[..<count])
        }
    }

    private static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        alphabet.withUnsafeBufferPointer { letters in
            var (read, written) = (0, 0)
            while read < bytes.count {
                let count = min(3, bytes.count - read)
                var word = UInt32(bytes[read]) << 16
                if count > 1 { word |= UInt32(bytes[read + 1]) << 8 }
                if count > 2 { word |= UInt32(bytes[read + 2]) }
                text[written] = letters[Int(word >> 18)]
                text[written + 1] = letters[Int(word >> 12 & 63)]
                text[written + 2] = count > 1 ? letters[Int(word >> 6 & 63)] : pad
                text[written + 3] = count > 2 ? letters[Int(word & 63)] : pad
                (read, written) = (read + 3, written + 4)
            }
            return written
        }
    }

    /// - Returns: nil for anything but the one strict spelling of some bytes.
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        // Made without capacity, an array writes its count into what all empty arrays share.
        if text.isEmpty { return [] }
        guard text.count.isMultiple(of: 4) else { return nil }
        var isValid = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { bytes, count in
            let size = text.withUnsafeBufferPointer { decode($0, into: UnsafeMutableRawBufferPointer(bytes)) }
            isValid = size != nil
            count = size ?? 0
        }
        return isValid ? bytes : nil
    }

    public static func decode(_ text: JSONText) -> [UInt8]? { decode(text.utf8) }

    /// Decodes without an array.
    ///
    /// - Returns: how many bytes were written; nil for text that is not strict, or more than there is room for.
    static func decode(_ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawBufferPointer) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard let final = text.last else { return 0 }
        let padding = final != pad ? 0 : text[text.count - 2] != pad ? 1 : 2
        let letters = text.count - padding
        let size = text.count / 4 * 3 - padding
        guard size <= bytes.count else { return nil }
        return values.withUnsafeBufferPointer { values in
            // Values of letters are below 64: a higher bit in `faults` is the mark of something that is no letter.
            var faults: UInt8 = 0
            var (read, written) = (0, 0)
            while read + 4 <= letters {
                let (a, b) = (values[Int(text[read])], values[Int(text[read + 1])])
                let (c, d) = (values[Int(text[read + 2])], values[Int(text[read + 3])])
                faults |= a | b | c | d
                bytes[written] = a << 2 | b >> 4
                bytes[written + 1] = b << 4 | c >> 2
                bytes[written + 2] = c << 6 | d
                (read, written) = (read + 4, written + 3)
            }
            var (word, bits): (UInt32, UInt32) = (0, 0)
            while read < letters {
                let value = values[Int(text[read])]
                faults |= value
                word = word << 6 | UInt32(value & 63)
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    bytes[written] = UInt8(truncatingIfNeeded: word >> bits)
                    written += 1
                }
                read += 1
            }
            let trailing = word & (1 << bits - 1)
            return faults < 64 && trailing == 0 ? written : nil
        }
    }
}
