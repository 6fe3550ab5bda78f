/// A text with the signatures of some keys under it (C2SP signed-note). Nothing is believed of it but what a known key
/// signed.
public struct SignedNote: Hashable, Sendable, CustomStringConvertible {
    /// Longer notes, and more signatures, are refused.
    public static let maximumBytes = 64 << 10
    static let maximumSignatures = 64

    /// One line under the text.
    public struct Signature: Hashable, Sendable {
        public let name: String
        /// The key's id, four bytes, most significant first.
        public let keyID: UInt32
        /// What follows the id; its form is the key type's own.
        public let bytes: [UInt8]

        public init(name: String, keyID: UInt32, bytes: [UInt8]) {
            self.name = name
            self.keyID = keyID
            self.bytes = bytes
        }

        var line: String { "\u{2014} \(name) \(Base64.encode(keyID.bigEndianBytes + bytes))\n" }
    }

    /// Why some bytes are no signed note.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// With its final newline, without the blank line behind it.
    public let text: String
    public let signatures: [Signature]

    public init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    public var description: String { text + "\n" + signatures.map(\.line).joined() }

    /// Reads a note strictly.
    public init(_ bytes: [UInt8]) throws(Malformed) {
        guard bytes.count <= Self.maximumBytes else {
            throw Malformed(description: "is longer than \(Self.maximumBytes) bytes")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Malformed(description: "is not UTF-8") }
        guard !bytes.contains(where: { $0 < 0x20 && $0 != 0x0A }) else {
            throw Malformed(description: "has a control character other than newline")
        }
        // By bytes: Swift's Characters would merge what follows a newline with it.
        guard let blank = Self.lastBlankLine(bytes), bytes.last == 0x0A else {
            throw Malformed(
                description: "must be a text, an empty line, and lines of signatures, each with its newline")
        }
        text = String(decoding: bytes[...blank], as: UTF8.self)
        let lines = bytes[(blank + 2)...].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard (1...Self.maximumSignatures).contains(lines.count) else {
            throw Malformed(description: "must have 1 to \(Self.maximumSignatures) signatures")
        }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Signature(line)) }
        self.signatures = signatures
    }

    /// The newline that ends the text: the first one of the last two that stand together.
    private static func lastBlankLine(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 2 else { return nil }
        return (0..<(bytes.count - 1)).last { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }
    }
}

extension SignedNote.Signature {
    private static let dash = Array("\u{2014} ".utf8)

    init(_ line: ArraySlice<UInt8>) throws(SignedNote.Malformed) {
        let parts = line.dropFirst(Self.dash.count).split(separator: 0x20, omittingEmptySubsequences: false)
        guard line.starts(with: Self.dash), parts.count == 2,
            let name = NoteKeyName(String(decoding: parts[0], as: UTF8.self)),
            let bytes = Base64.decode(Array(parts[1])), bytes.count > 4
        else { throw SignedNote.Malformed(description: "has a signature line that is none") }
        self.init(name: name.text, keyID: UInt32(bigEndianBytes: bytes[..<4]), bytes: Array(bytes[4...]))
    }
}

/// The name of a key: not empty, without spaces and plus.
struct NoteKeyName {
    let text: String

    init?(_ text: String) {
        let isFree = text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 }
        guard !text.isEmpty, text.utf8.count <= 255, isFree else { return nil }
        self.text = text
    }
}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian, Array.init) }

    /// - Parameter bytes: as many as the integer has.
    init(bigEndianBytes bytes: some Sequence<UInt8>) { self = bytes.reduce(0) { $0 << 8 | Self($1) } }
}
