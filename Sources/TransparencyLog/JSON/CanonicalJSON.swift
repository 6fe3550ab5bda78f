/// The two dialects of canonical JSON that deployments hash (PROTOCOL, "Canonical JSON").
public enum CanonicalJSON: String, Sendable, CaseIterable {
    /// RFC 8785, the JSON Canonicalization Scheme.
    case jcs
    /// What deployed TypeScript servers do: the sorted names of the outermost object are a filter for nested objects
    /// too, so a nested member whose name does not stand at the top is left out, and covered by no signature.
    case shallow

    /// The canonical bytes of a value.
    ///
    /// - Throws: `JSONError` for a number that no IEEE 754 double holds (RFC 8785, section 3.2.2.3).
    public func encode(_ value: JSONValue) throws(JSONError) -> [UInt8] {
        var writer = Writer()
        writer.output.reserveCapacity(512)  // a usual head
        if self == .shallow, let members = value.members {
            let names = members.map(\.name).sorted(by: Self.utf16Precedes)
            writer.kept = Dictionary(zip(names, 0...)) { first, _ in first }
        }
        try writer.write(value)
        return writer.output
    }

    /// The order of property names by their UTF-16 code units (RFC 8785, section 3.2.3).
    ///
    /// It is the order of UTF-8 bytes but for one thing: scalars above U+FFFF begin with a surrogate, D800 to DFFF, and
    /// so come before U+E000 to U+FFFF. The latter alone have the lead bytes EE and EF, the former F0 to F4; where two
    /// texts part at a byte that is no lead byte, their lead bytes are the same, and the order of bytes holds.
    package static func utf16Precedes(_ left: JSONText, _ right: JSONText) -> Bool {
        for (left, right) in zip(left.utf8, right.utf8) where left != right {
            return utf16Rank(left) < utf16Rank(right)
        }
        return left.utf8.count < right.utf8.count
    }

    private static func utf16Rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }

    private struct Writer {
        var output: [UInt8] = []
        /// In the shallow dialect, the names that are kept, with their places in the order.
        var kept: [JSONText: Int]?

        mutating func write(_ value: JSONValue) throws(JSONError) {
            switch value {
            case .null: output.append(contentsOf: "null".utf8)
            case .bool(let bool): output.append(contentsOf: (bool ? "true" : "false").utf8)
            case .number(let number):
                guard let text = ECMAScriptNumber.format(number.lexeme) else {
                    throw JSONError(
                        reason: "the number \(number.lexeme.prefix(40)) is too large for a canonical form",
                        offset: 0, line: 1, column: 1)
                }
                output.append(contentsOf: text.utf8)
            case .string(let text): JSONString.write(text.utf8, to: &output)
            case .array(let elements):
                output.append(UInt8(ascii: "["))
                for (index, element) in elements.enumerated() {
                    if index > 0 { output.append(UInt8(ascii: ",")) }
                    try write(element)
                }
                output.append(UInt8(ascii: "]"))
            case .object(let members):
                output.append(UInt8(ascii: "{"))
                for (index, member) in ordered(members).enumerated() {
                    if index > 0 { output.append(UInt8(ascii: ",")) }
                    JSONString.write(member.name.utf8, to: &output)
                    output.append(UInt8(ascii: ":"))
                    try write(member.value)
                }
                output.append(UInt8(ascii: "}"))
            }
        }

        private func ordered(_ members: [JSONMember]) -> [JSONMember] {
            guard let kept else { return members.sorted { utf16Precedes($0.name, $1.name) } }
            // By the members, not by the names: a head may have thousands of both.
            return members.compactMap { member in kept[member.name].map { (place: $0, member: member) } }
                .sorted { $0.place < $1.place }.map(\.member)
        }
    }
}
