/// A strict reader of JSON (RFC 8259): no byte order mark, no duplicate names, valid UTF-8, no lone surrogates, bounded
/// depth and size (PROTOCOL, "JSON").
///
/// A lenient library would repair its input, and a repaired head is not the head that was signed.
public struct JSONReader {
    /// Nesting beyond this is refused: a value may sit inside at most this many arrays and objects.
    public static let maximumDepth = 64
    /// For what holds such values: evidence, proofs and lists must have room for any head that can be read by itself, or a
    /// head could be nested so that nothing that accuses it can be read.
    public static let envelopeDepth = maximumDepth + 16

    private let bytes: UnsafeBufferPointer<UInt8>
    private let deepest: Int
    private var position = 0

    /// Reads one JSON text, white space around it allowed.
    ///
    /// - Parameters:
    ///   - maximumBytes: a longer input is refused before it is read.
    ///   - maximumDepth: a deeper one is refused where it is.
    public static func parse(
        _ bytes: some Sequence<UInt8>, maximumBytes: Int = 64 << 20, maximumDepth: Int = Self.maximumDepth
    ) throws(JSONError) -> JSONValue {
        let read = { (buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONError> in
            Result { () throws(JSONError) in
                try parse(buffer: buffer, maximumBytes: maximumBytes, maximumDepth: maximumDepth)
            }
        }
        if let result = bytes.withContiguousStorageIfAvailable(read) { return try result.get() }
        return try Array(bytes).withUnsafeBufferPointer(read).get()
    }

    private static func parse(
        buffer: UnsafeBufferPointer<UInt8>, maximumBytes: Int, maximumDepth: Int
    ) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes: buffer, deepest: maximumDepth)
        guard buffer.count <= maximumBytes else {
            throw reader.error("the text has \(buffer.count) bytes, more than the limit of \(maximumBytes)")
        }
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { throw reader.error("a byte order mark is not allowed") }
        reader.skipWhiteSpace()
        let value = try reader.value(depth: 0)
        reader.skipWhiteSpace()
        guard reader.position == buffer.count else { throw reader.error("unexpected bytes after the value") }
        return value
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, deepest: Int) {
        self.bytes = bytes
        self.deepest = deepest
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), (0x30...0x39)?: return .number(try number())
        case nil: throw error("the text ends where a value is expected")
        default: throw error("a value is expected")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= deepest else { throw error("nested deeper than \(deepest)") }
        position += 1
        skipWhiteSpace()
        var members: [JSONMember] = []
        var names: Set<JSONText> = []  // only filled for objects too large to compare pair by pair
        if take("}") { return .object(members) }
        while true {
            guard current == UInt8(ascii: "\"") else { throw error("a member's name is expected") }
            let start = position
            let name = try string()
            if members.count == 16 { names = Set(members.map(\.name)) }
            let repeated =
                members.count < 16 ? members.contains { $0.name == name } : !names.insert(name).inserted
            if repeated {
                throw error("the name \(name.description.debugDescription) stands twice in one object", at: start)
            }
            skipWhiteSpace()
            guard take(":") else { throw error("':' is expected after a member's name") }
            skipWhiteSpace()
            members.append(JSONMember(name, try value(depth: depth)))
            skipWhiteSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw error("',' or '}' is expected") }
            skipWhiteSpace()
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= deepest else { throw error("nested deeper than \(deepest)") }
        position += 1
        skipWhiteSpace()
        var elements: [JSONValue] = []
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth))
            skipWhiteSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw error("',' or ']' is expected") }
            skipWhiteSpace()
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let matches = word.withUTF8Buffer { word in
            bytes[position...].prefix(word.count).elementsEqual(word)
        }
        guard matches else { throw error("a value is expected") }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        _ = take("-")
        if take("0") {
            if let next = current, isDigit(next) { throw error("a number may not begin with 0") }
        } else {
            try digits()
        }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return JSONNumber(lexeme: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        guard let first = current, isDigit(first) else { throw error("a digit is expected") }
        while let next = current, isDigit(next) { position += 1 }
    }

    private mutating func string() throws(JSONError) -> JSONText {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20, byte < 0x80 {
            position += 1
        }
        var decoded = Array(bytes[start..<position])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return JSONText(utf8: decoded)
            case UInt8(ascii: "\\"):
                try escape(into: &decoded)
            case 0..<0x20:
                throw error("a control character in a string must be escaped")
            case 0..<0x80:
                decoded.append(byte)
                position += 1
            default:
                let length = scalarLength()
                guard length > 0 else { throw error("not valid UTF-8") }
                decoded.append(contentsOf: bytes[position..<position + length])
                position += length
            }
        }
        throw error("the text ends inside a string")
    }

    /// The bytes of the well-formed UTF-8 sequence at `position` (Unicode, table 3-7), or 0.
    private func scalarLength() -> Int {
        let lead = bytes[position]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch lead {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0...0)
            }
        guard length > 0, position + length <= bytes.count, second.contains(bytes[position + 1]),
            bytes[(position + 2)..<(position + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { return 0 }
        return length
    }

    private mutating func escape(into decoded: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        guard let byte = current else { throw error("the text ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexQuad()
            if (0xD800...0xDBFF).contains(code) {
                // JavaScript servers hash a lone surrogate as U+FFFD, so two ids could share one leaf: refused.
                guard take("\\"), take("u") else { throw error("a lone surrogate", at: start) }
                let low = try hexQuad()
                guard (0xDC00...0xDFFF).contains(low) else { throw error("a lone surrogate", at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("a lone surrogate", at: start) }
            decoded.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default:
            throw error("unknown escape", at: start)
        }
    }

    private mutating func hexQuad() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Hex.value(of: byte) else {
                throw error("four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func skipWhiteSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func error(_ reason: String, at offset: Int? = nil) -> JSONError {
        let offset = offset ?? position
        let before = bytes[..<offset]
        let line = 1 + before.count { $0 == 0x0A }
        let column = offset - ((before.lastIndex(of: 0x0A) ?? -1) + 1) + 1
        return JSONError(reason: reason, offset: offset, line: line, column: column)
    }
}

/// Why a text is not the JSON that we read, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String
    /// Bytes before the place.
    public let offset: Int
    /// Line and column (in bytes) of the place, both from 1.
    public let line: Int
    public let column: Int

    public var description: String { "\(reason) (line \(line), column \(column), byte \(offset))" }
}
