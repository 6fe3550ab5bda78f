/// gzip (RFC 1951 and 1952) of one "A", and of so many repetitions of it, 258 bytes in 13 bits each.
public enum GzipBomb {
    public static func bytes(matches: Int) -> [UInt8] {
        var bits: [Bool] = []
        // A code's bits come from its high end, all else from the low one.
        func code(_ value: Int, _ width: Int) {
            for bit in (0..<width).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        bits += [true, true, false]
        code(0x30 + 0x41, 8)
        for _ in 0..<matches {
            code(0xC5, 8)
            code(0, 5)
        }
        code(0, 7)
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        for start in stride(from: 0, to: bits.count, by: 8) {
            var byte: UInt8 = 0
            for (index, bit) in bits[start..<min(start + 8, bits.count)].enumerated() where bit { byte |= 1 << index }
            bytes.append(byte)
        }
        let content = [UInt8](repeating: 0x41, count: 1 + matches * 258)
        for word: UInt32 in [crc32(content), UInt32(content.count)] {
            withUnsafeBytes(of: word.littleEndian) { bytes += Array($0) }
        }
        return bytes
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var table: [UInt32] = []
        for index: UInt32 in 0..<256 {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
            table.append(value)
        }
        var sum: UInt32 = ~0
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
        return ~sum
    }
}
