/// A JSON value kept whole: members in their order, numbers in the digits they were written with.
///
/// A signed tree head is hashed as it was served, unknown members included (PROTOCOL, "Signed tree head"), so nothing
/// may be lost or repaired between the bytes and the hash.
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(JSONText)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of an object's member; nil for other values and absent names.
    public subscript(name: StaticString) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return name.withUTF8Buffer { wanted in
            members.first { $0.name.utf8.elementsEqual(wanted) }?.value
        }
    }

    public var text: JSONText? { if case .string(let text) = self { text } else { nil } }
    public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    public var members: [JSONMember]? { if case .object(let members) = self { members } else { nil } }

    /// The number, where it is written as plain decimal digits up to 2^53 - 1 (PROTOCOL, "JSON").
    public var plainInteger: UInt64? { if case .number(let number) = self { number.plainInteger } else { nil } }

    /// What kind of value this is, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    public static func string(_ string: String) -> JSONValue { .string(JSONText(string)) }
    public static func integer(_ value: UInt64) -> JSONValue { .number(JSONNumber(lexeme: String(value))) }
    public static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(lexeme: String(value))) }
}

/// One member of an object.
public struct JSONMember: Hashable, Sendable {
    public var name: JSONText
    public var value: JSONValue

    public init(_ name: JSONText, _ value: JSONValue) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: JSONValue) { self.init(JSONText(name), value) }
}

/// A JSON string as its decoded UTF-8 bytes.
///
/// Not a `String`, whose equality merges NFC and NFD: two ids that differ in bytes are two ids.
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
    public let utf8: [UInt8]

    public init(utf8: [UInt8]) { self.utf8 = utf8 }
    public init(_ string: String) { utf8 = Array(string.utf8) }

    public var description: String { String(decoding: utf8, as: UTF8.self) }

    public static func == (text: JSONText, string: StaticString) -> Bool {
        string.withUTF8Buffer { text.utf8.elementsEqual($0) }
    }
}

/// A JSON number in the form it was written in.
public struct JSONNumber: Hashable, Sendable {
    public let lexeme: String

    /// - Parameter lexeme: a number by the grammar of RFC 8259, section 6.
    public init(lexeme: String) { self.lexeme = lexeme }

    /// The largest integer that every JSON implementation holds exactly.
    public static let largestPlainInteger: UInt64 = 1 << 53 - 1

    /// The value if the lexeme is decimal digits alone and at most 2^53 - 1.
    public var plainInteger: UInt64? {
        guard lexeme.utf8.count <= 16, lexeme.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = UInt64(lexeme), value <= Self.largestPlainInteger
        else { return nil }
        return value
    }
}
