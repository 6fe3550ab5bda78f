import TransparencyLog

/// Why a segment cannot be made, read or joined.
public struct SegmentFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Reads the members of one object of a segment's file, and says which is not what it should be.
struct SegmentFields {
    let value: JSONValue
    /// What the object is called in messages.
    let place: String

    func wrong(_ name: StaticString, _ expected: String) -> SegmentFailure {
        SegmentFailure("\(place).\(name): must be \(expected); write the segment again")
    }

    func object(_ name: StaticString) throws(SegmentFailure) -> SegmentFields {
        guard let inner = value[name], inner.members != nil else { throw wrong(name, "an object") }
        return SegmentFields(value: inner, place: "\(place).\(name)")
    }

    func elements(_ name: StaticString) throws(SegmentFailure) -> [JSONValue] {
        guard let elements = value[name]?.elements else { throw wrong(name, "an array") }
        return elements
    }

    func text(_ name: StaticString) throws(SegmentFailure) -> String {
        guard let text = value[name]?.text else { throw wrong(name, "a string") }
        return text.description
    }

    func digest(_ name: StaticString) throws(SegmentFailure) -> Digest {
        guard let digest = value[name]?.text.flatMap(Digest.init(base64:)) else {
            throw wrong(name, "the strict base64 of 32 bytes")
        }
        return digest
    }

    func integer(_ name: StaticString) throws(SegmentFailure) -> UInt64 {
        guard let integer = value[name]?.plainInteger else { throw wrong(name, "a whole number") }
        return integer
    }

    func count(_ name: StaticString) throws(SegmentFailure) -> Int { Int(try integer(name)) }

    /// A number, or null.
    func optional(_ name: StaticString) throws(SegmentFailure) -> UInt64? {
        if value[name] == .null { return nil }
        return try integer(name)
    }
}
